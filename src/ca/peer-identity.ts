/** Who a TLS peer is, from the certificate it proved to hold. The only source of identity there is. */
import type { Instant } from '../model/clock.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { ParsedSpiffeId, TrustDomain } from '../model/spiffe-id.ts'
import { quote, type Refusal, readX509Svid, type SvidRefusalCode } from './x509-svid.ts'

export type PeerIdentity = ParsedSpiffeId & {
  /** When the peer's streams must end: TLS checks the time only once, at the handshake. */
  readonly notAfter: Instant
}

export type PeerRefusal = Refusal<SvidRefusalCode | 'Expired' | 'NotYetValid' | 'OtherTrustDomain'>

/**
 * Reads the identity out of a peer's certificate (DER, as in `getPeerCertificate().raw`). The chain is NOT checked here:
 * call it only after the TLS stack has verified it against the trust bundle (`socket.authorized`), and then always,
 * because TLS alone accepts what SPIFFE refuses and resumes sessions of expired certificates.
 */
export function readPeerIdentity(
  der: Buffer,
  expected: { readonly trustDomain: TrustDomain; readonly now: Instant },
): Result<PeerIdentity, PeerRefusal> {
  const svid = readX509Svid(der)
  if (!svid.ok) return svid
  const { identity, notBefore, notAfter } = svid.value
  if (notBefore > expected.now)
    return err({ code: 'NotYetValid', message: `it is valid from ${toIso(notBefore)}` })
  if (notAfter <= expected.now)
    return err({ code: 'Expired', message: `it expired at ${toIso(notAfter)}` })
  if (identity.trustDomain !== expected.trustDomain)
    return err({
      code: 'OtherTrustDomain',
      message: `its trust domain is ${quote(identity.trustDomain)}; expected ${quote(expected.trustDomain)}`,
    })
  return ok({ ...identity, notAfter })
}

function toIso(instant: Instant): string {
  return new Date(instant).toISOString()
}
