/** Who is at the other end of a call: its verified client certificate says it, and nothing else does. */
import { isIP } from 'node:net'
import { readPeerIdentity } from '../ca/peer-identity.ts'
import type { Instant } from '../model/clock.ts'
import { err, ok, type Result } from '../model/result.ts'
import { type TrustDomain, toSpiffeId } from '../model/spiffe-id.ts'
import type { AdsCall } from './proxy-stream.ts'
import type { TlsIdentity } from './xds-credentials.ts'
import type { ProxyIdentity } from './xds-source.ts'

export type XdsAuthentication =
  | { readonly type: 'mtls'; readonly server: TlsIdentity }
  /** For tests with clients that cannot do mTLS: everybody is this proxy. Listens on loopback only. */
  | { readonly type: 'plaintext'; readonly everybodyIs: ProxyIdentity }

export interface Authenticated {
  readonly proxy: ProxyIdentity
  readonly notAfter: Instant
}

const NEVER = Number.POSITIVE_INFINITY as Instant

/** The TLS stack has verified the chain; what it accepts beyond SPIFFE's rules is refused here, with the reason. */
export function authenticate(
  context: ReturnType<AdsCall['getAuthContext']>,
  authentication: XdsAuthentication,
  expected: { readonly trustDomain: TrustDomain; readonly now: Instant },
): Result<Authenticated, string> {
  if (authentication.type === 'plaintext')
    return ok({ proxy: authentication.everybodyIs, notAfter: NEVER })
  const der = context.sslPeerCertificate?.raw
  if (der === undefined) return err('no verified client certificate')
  const peer = readPeerIdentity(der, expected)
  if (!peer.ok) return err(`client certificate refused: ${peer.error.message}`)
  const { trustDomain, account, proxyUid, notAfter } = peer.value
  if (proxyUid === undefined)
    return err(
      'client certificate refused: its SPIFFE ID is a workload’s; a proxy’s ends in /proxy/<uid>',
    )
  const spiffeId = toSpiffeId(trustDomain, account)
  return ok({ proxy: { spiffeId, account, proxyUid }, notAfter })
}

/** Throws where identities would be handed to whoever can reach the port. */
export function assertMayListen(authentication: XdsAuthentication, host: string): void {
  const isLoopback = host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  if (authentication.type === 'plaintext' && !isLoopback)
    throw new Error(
      `xDS without TLS listens on loopback only, not on ${host}: give 127.0.0.1, or credentials of type mtls`,
    )
}
