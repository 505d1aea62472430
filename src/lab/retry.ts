/** Asks again, at growing intervals, until the other side answers. */
import type { Clock, Ms } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'

const FIRST: Ms = 250
const LONGEST: Ms = 5000

export interface RetrySettings {
  /** What is being done, for the log: a constant sentence. */
  readonly what: string
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

/** Resolves with the first success. Rejects with the signal's reason, once it aborts; never with what `action` threw. */
export async function retry<T>(action: () => Promise<T>, settings: RetrySettings): Promise<T> {
  const { what, clock, log, signal } = settings
  for (let delayMs = FIRST; ; delayMs = Math.min(LONGEST, delayMs * 2)) {
    signal.throwIfAborted()
    try {
      return await action()
    } catch (error) {
      if (!signal.aborted) log.warn(what, { error: String(error), delayMs })
    }
    await clock.sleep(delayMs, signal)
  }
}
