/** When a pod's xDS certificate is asked for again: at half its life. */
import { X509Certificate } from 'node:crypto'
import type { Instant, Ms } from '../model/clock.ts'

/** A span that no clock skew or very short life turns into a storm of requests. */
const SHORTEST: Ms = 5000
/** Timers hold 31 bits of milliseconds; a longer life is looked at again in between. */
const LONGEST: Ms = 24 * 3600 * 1000

export function renewalDelay(certificatePem: string, now: Instant): Ms {
  const { validFromDate, validToDate } = new X509Certificate(certificatePem)
  const half = (validFromDate.getTime() + validToDate.getTime()) / 2
  return Math.min(LONGEST, Math.max(SHORTEST, half - now))
}
