/** Issues what one proxy needs to reach the control plane: a certificate of its own, and the files around it. */
import type { CertificateAuthority } from '../ca/certificate-authority.ts'
import { issueVerified } from '../ca/issue-verified.ts'
import { generateKey, toPrivateKeyPem } from '../ca/key-pair.ts'
import type { Clock, Instant, Ms } from '../model/clock.ts'
import { type TrustDomain, toProxySpiffeId } from '../model/spiffe-id.ts'
import type { BootstrapRequest } from './bootstrap.ts'
import { type BootstrapFile, toBootstrapFiles } from './bootstrap-files.ts'

export interface BootstrapIssuer {
  readonly authority: CertificateAuthority
  readonly trustDomain: TrustDomain
  readonly clock: Clock
}

export interface IssuedBootstrap {
  readonly files: readonly BootstrapFile[]
  /** Ask again at half the life that is left now: past this moment the control plane is out of the proxy's reach. */
  readonly notAfter: Instant
}

/**
 * The caller has made sure that a pod of this uid runs as this service account: the certificate says so to everybody.
 * Throws `AuthorityError`.
 */
export async function issueBootstrap(
  issuer: BootstrapIssuer,
  request: BootstrapRequest & { readonly validityMs: Ms },
  signal: AbortSignal,
): Promise<IssuedBootstrap> {
  const keys = await generateKey('p256')
  const { chainPem, notAfter } = await issueVerified(
    issuer,
    {
      spiffeId: toProxySpiffeId(issuer.trustDomain, request.account, request.proxyUid),
      // Nobody looks this proxy up by name: workloads have their own certificates, over xDS.
      dnsSans: [],
      publicKey: keys.publicKey,
      validityMs: request.validityMs,
    },
    signal,
  )
  const keyPem = toPrivateKeyPem(keys.privateKey)
  const bundle = issuer.authority.bundle()
  return { files: toBootstrapFiles(request, { chainPem, keyPem, bundle }), notAfter }
}
