/** Reads for how long a server asks to be left alone (RFC 9110, 10.2.3). */
import type { Ms } from '../../model/clock.ts'

/** A server that asks for more is asked again after this: nobody should be shut out for days by one odd answer. */
const LONGEST: Ms = 60 * 60_000

/**
 * `retryAfter` is a number of seconds or a date; a date is measured from the answer's own `Date`, so that our clock need not
 * agree with the server's. `undefined` where nothing is asked, or nothing that can be read.
 */
export function readRetryAfter(headers: {
  readonly 'retry-after'?: string | undefined
  readonly date?: string | undefined
}): Ms | undefined {
  const text = headers['retry-after']?.trim() ?? ''
  const pause = /^\d{1,9}$/.test(text)
    ? Number(text) * 1_000
    : parseDate(text) - parseDate(headers.date ?? '')
  return Number.isFinite(pause) ? Math.min(LONGEST, Math.max(0, pause)) : undefined
}

/** Only what HTTP calls a date: `Date.parse` makes a year even of `-1`. */
function parseDate(text: string): number {
  return /^[A-Z][a-z]{2}, .+ GMT$/.test(text) ? Date.parse(text) : Number.NaN
}
