/** The three spans of leader election, and what must hold between them. */
import type { Ms } from '../../model/clock.ts'

export interface ElectionTiming {
  /** Others take over when they have seen no change of the Lease for this long. */
  readonly leaseMs: Ms
  /** A leader that could not renew for this long stops. What is between this and `leaseMs` is for writes on their way and for clocks that run at unequal rates. */
  readonly renewDeadlineMs: Ms
  /** Between two renewals, or two looks at another's Lease; drawn anew each time, up to half as much longer. */
  readonly retryMs: Ms
}

/** The defaults of kube-controller-manager. */
export const DEFAULT_TIMING: ElectionTiming = {
  leaseMs: 15_000,
  renewDeadlineMs: 10_000,
  retryMs: 2_000,
}

/** How much longer than asked a pause may be drawn. */
export const JITTER = 0.5

/** Throws a TypeError for spans with which two could lead, or none would for long. */
export function checkTiming({ leaseMs, renewDeadlineMs, retryMs }: ElectionTiming): ElectionTiming {
  if (!(leaseMs > renewDeadlineMs))
    throw new TypeError(
      `the lease (${leaseMs} ms) must last longer than the renew deadline (${renewDeadlineMs} ms), or two replicas lead at once`,
    )
  if (!(retryMs > 0 && renewDeadlineMs > retryMs * (1 + JITTER)))
    throw new TypeError(
      `the renew deadline (${renewDeadlineMs} ms) must be above ${1 + JITTER} times the retry period (${retryMs} ms), or no renewal comes in time`,
    )
  return { leaseMs, renewDeadlineMs, retryMs }
}
