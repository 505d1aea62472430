/**
 * The certificate authority port: signing requests in, chains out; the trust bundle is a set.
 *
 * Promises (held by test/contract/certificate-authority-contract.ts): the identity asked for is the identity in the leaf and the
 * only one; validity lies inside the window asked for and inside the chain's; the chain verifies to the bundle; during
 * a root rotation old and new roots are both in the bundle; refusal and unavailability are told apart.
 * Errors: `AuthorityError`, thrown. The caller decides the identity, never the authority.
 */
import type { KeyObject } from 'node:crypto'
import type { Instant, Ms } from '../model/clock.ts'
import type { SpiffeId } from '../model/spiffe-id.ts'

export interface SigningRequest {
  /** The one URI SAN. */
  readonly spiffeId: SpiffeId
  readonly dnsSans: readonly string[]
  /** Public half of the workload's key; private keys never travel through the port. */
  readonly publicKey: KeyObject
  readonly validityMs: Ms
}

export interface IssuedCertificate {
  /** Leaf first, PEM; intermediates follow; the root is not part of it. */
  readonly chainPem: string
  readonly notBefore: Instant
  readonly notAfter: Instant
  /** Lowercase hexadecimal. */
  readonly serial: string
}

/** A set of roots, all trusted. `sequence` grows with every change (SPIFFE trust bundle 4.1.1). */
export interface TrustBundle {
  readonly sequence: number
  /** Sorted by their bytes. */
  readonly rootsPem: readonly string[]
}

export interface CertificateAuthority {
  issue(request: SigningRequest, signal: AbortSignal): Promise<IssuedCertificate>
  bundle(): TrustBundle
  /** The root that leaves issued now lead to: SHA-256 of it, lowercase hexadecimal. A change is a reason to issue leaves anew. */
  issuer(): string
}

export type AuthorityErrorCode = 'Denied' | 'Unavailable' | 'Misconfigured'

export class AuthorityError extends Error {
  readonly code: AuthorityErrorCode
  readonly retryAfterMs: number | undefined

  constructor(
    code: AuthorityErrorCode,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number },
  ) {
    super(message, options)
    this.name = 'AuthorityError'
    this.code = code
    this.retryAfterMs = options?.retryAfterMs
  }
}
