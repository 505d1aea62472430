/** Decides when the next pass comes, from how the last one ended. Pure. */
import type { Instant, Ms } from '../model/clock.ts'
import type { ReconcileOutcome } from './reconcile-outcome.ts'
import { type Schedule, untilNext } from './schedule.ts'

export interface Backoff {
  /** The first retry comes after about this. */
  readonly firstMs: Ms
  /** No retry comes later than this because of failures. */
  readonly capMs: Ms
}

export interface NextPass {
  readonly delayMs: Ms
  /** Failures in a row, this one included. */
  readonly failures: number
}

/** A pass that waits for no time at all must not spin. */
const SHORTEST: Ms = 100

/** `draw` is a number from 0 to 1. */
export function nextPass(
  outcome: ReconcileOutcome,
  given: {
    readonly schedule: Schedule
    readonly backoff: Backoff
    readonly failures: number
    readonly now: Instant
    readonly draw: number
  },
): NextPass {
  const scheduled = untilNext(given.schedule, given.now, given.draw)
  switch (outcome.type) {
    case 'synced':
    // Only another commit helps, and the schedule is what finds it: the same one is not tried again before that.
    case 'stalled':
      return { delayMs: scheduled, failures: 0 }
    case 'waiting':
      return { delayMs: Math.min(scheduled, Math.max(SHORTEST, outcome.retryAfterMs)), failures: 0 }
    case 'failed': {
      const delayMs = backOff(given.backoff, given.failures, given.draw)
      return {
        delayMs: Math.max(delayMs, outcome.retryAfterMs ?? 0),
        failures: given.failures + 1,
      }
    }
  }
}

/** Doubles with each failure; drawn from the upper half, so that many loops do not retry together yet each one waits. */
function backOff({ firstMs, capMs }: Backoff, failures: number, draw: number): Ms {
  // 2 ** 30 times anything is past every cap; without the bound it becomes Infinity, and Infinity * 0 is no number.
  const whole = Math.min(capMs, firstMs * 2 ** Math.min(failures, 30))
  return Math.round(whole * (0.5 + draw / 2))
}
