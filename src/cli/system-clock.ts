/** The machine's own clock. */
import type { Clock, Instant, Ms } from '../model/clock.ts'

/** The longest that a Node timer waits; asked for more it fires at once. */
const LONGEST_TIMER: Ms = 2 ** 31 - 1

export class SystemClock implements Clock {
  now(): Instant {
    return Date.now() as Instant
  }

  monotonic(): Ms {
    return performance.now()
  }

  async sleep(span: Ms, signal?: AbortSignal): Promise<void> {
    const end = performance.now() + span
    for (let left = span; left > 0 && !signal?.aborted; left = end - performance.now())
      await timer(Math.min(left, LONGEST_TIMER), signal)
  }
}

function timer(span: Ms, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timeout)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timeout = setTimeout(end, Math.ceil(span))
    signal?.addEventListener('abort', end, { once: true })
  })
}
