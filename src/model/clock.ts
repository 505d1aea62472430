/** The clock port. */
declare const instant: unique symbol
/** Milliseconds since the Unix epoch. */
export type Instant = number & { readonly [instant]: true }

/** A span in milliseconds. */
export type Ms = number

export interface Clock {
  /** Wall-clock time, for certificates and for people. May jump. */
  now(): Instant
  /** Time that never runs backwards and is not the wall clock's, for measuring spans. */
  monotonic(): Ms
  /** Resolves after the span, or at once when the signal aborts; never rejects. */
  sleep(span: Ms, signal?: AbortSignal): Promise<void>
}
