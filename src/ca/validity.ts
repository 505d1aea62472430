/** When a certificate begins and ends. */
import type { Instant, Ms } from '../model/clock.ts'

/** Certificates begin this long ago, so that a proxy whose clock is a minute and a half behind accepts a new one. */
export const BACKDATE_MS: Ms = 120_000

export interface Validity {
  readonly notBefore: Instant
  readonly notAfter: Instant
}

/** Certificates count whole seconds; the fraction is cut, never rounded up. */
export function wholeSeconds(ms: Ms): Instant {
  return (Math.floor(ms / 1000) * 1000) as Instant
}

/** The validity asked for from now on, within that of the issuer: a leaf that outlives its chain breaks unannounced. */
export function clampedValidity(now: Instant, validityMs: Ms, issuer: Validity): Validity {
  return {
    notBefore: wholeSeconds(Math.max(now - BACKDATE_MS, issuer.notBefore)),
    notAfter: wholeSeconds(Math.min(now + validityMs, issuer.notAfter)),
  }
}
