/** When to renew a certificate and when to raise the alarm. Pure: time goes in, spans come out. */
import type { Instant, Ms } from '../model/clock.ts'

/** A moment on both clocks: the wall's may jump, the monotonic one may not and knows no date. */
export interface Moment {
  readonly wall: Instant
  readonly monotonic: Ms
}

export interface RenewalSchedule {
  readonly issued: Moment
  readonly notAfter: Instant
  /** From the issue on. Drawn once: drawn again at every look, the earliest draw would win. */
  readonly renewAfterMs: Ms
  readonly alarmAfterMs: Ms
}

/** A leaf cut short by the end of its root has almost no life: without a floor it would be renewed without pause. */
const MIN_RENEWAL_MS: Ms = 1_000

/**
 * Renewal at half of the life that was left at the issue, ± 10 % by `draw` (0 to 1), so that certificates issued
 * together are not renewed together; the alarm when a sixth of it is left. The backdated start does not count:
 * counted in, short lives would be renewed without end.
 */
export function toSchedule(issued: Moment, notAfter: Instant, draw: number): RenewalSchedule {
  const lifeMs = Math.max(0, notAfter - issued.wall)
  return {
    issued,
    notAfter,
    renewAfterMs: Math.max(MIN_RENEWAL_MS, lifeMs * (0.45 + 0.1 * draw)),
    alarmAfterMs: (lifeMs * 5) / 6,
  }
}

/** 0 when renewal is due. */
export function renewalDueIn(schedule: RenewalSchedule, now: Moment): Ms {
  return Math.max(0, schedule.renewAfterMs - ageMs(schedule, now))
}

/** 0 when the alarm is due. */
export function alarmDueIn(schedule: RenewalSchedule, now: Moment): Ms {
  return Math.max(0, schedule.alarmAfterMs - ageMs(schedule, now))
}

/**
 * The greater age of the two clocks. A wall clock set forward ages certificates at once, as it does for everybody who
 * checks them; one set back makes nothing younger, and so never causes a storm of renewals either.
 */
function ageMs(schedule: RenewalSchedule, now: Moment): Ms {
  return Math.max(now.wall - schedule.issued.wall, now.monotonic - schedule.issued.monotonic)
}

const FIRST_RETRY_MS: Ms = 1_000
const MAX_RETRY_MS: Ms = 60_000

/** How long to wait after the n-th failure in a row (from 1): doubling, capped, and spread by `draw` (0 to 1) over its upper half. */
export function retryAfterMs(failures: number, draw: number): Ms {
  const ceiling = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
  return ceiling * (0.5 + 0.5 * draw)
}
