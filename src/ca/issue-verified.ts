/** Issues a certificate and hands it on only when it is what was asked for. */
import type { Clock } from '../model/clock.ts'
import {
  AuthorityError,
  type CertificateAuthority,
  type SigningRequest,
} from './certificate-authority.ts'
import { type VerifiedCertificate, verifyIssued } from './verify-issued.ts'

/** Throws `AuthorityError`: the authority's own, or Misconfigured when what it returned is not what was asked for. */
export async function issueVerified(
  from: { readonly authority: CertificateAuthority; readonly clock: Clock },
  request: SigningRequest,
  signal: AbortSignal,
): Promise<VerifiedCertificate> {
  const issued = await from.authority.issue(request, signal)
  // The bundle is asked for after the leaf: a root that joined while we waited is in it.
  const verified = verifyIssued({
    issued,
    request,
    bundle: from.authority.bundle(),
    now: from.clock.now(),
  })
  if (verified.ok) return verified.value
  throw new AuthorityError(
    'Misconfigured',
    `the certificate authority returned a wrong certificate for ${request.spiffeId}: ${verified.error}`,
  )
}
