/** When renewal and alarm are due, on two clocks of which one may jump. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  alarmDueIn,
  type Moment,
  renewalDueIn,
  retryAfterMs,
  toSchedule,
} from '../../src/ca/renewal-schedule.ts'
import type { Instant } from '../../src/model/clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const T0 = Date.UTC(2026, 0, 1)

function at(wallMs: number, monotonic = wallMs): Moment {
  return { wall: (T0 + wallMs) as Instant, monotonic }
}

function aSchedule(lifeMs = DAY_MS, draw = 0.5) {
  return toSchedule(at(0), (T0 + lifeMs) as Instant, draw)
}

describe('renewal', () => {
  it('is due at half of the life, and stays due', () => {
    const schedule = aSchedule()
    expect(renewalDueIn(schedule, at(0))).toBe(12 * HOUR_MS)
    expect(renewalDueIn(schedule, at(11 * HOUR_MS))).toBe(HOUR_MS)
    expect(renewalDueIn(schedule, at(12 * HOUR_MS))).toBe(0)
    expect(renewalDueIn(schedule, at(48 * HOUR_MS))).toBe(0)
  })

  it('is spread by 10 % to either side, whatever the life and the draw', () => {
    const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.integer({ min: 60_000, max: 90 * DAY_MS }), draws, (lifeMs, draw) => {
        const share = renewalDueIn(aSchedule(lifeMs, draw), at(0)) / lifeMs
        expect(share).toBeGreaterThan(0.4499)
        expect(share).toBeLessThan(0.5501)
      }),
    )
  })

  it('never comes within a second of the issue, however short the life', () => {
    expect(renewalDueIn(aSchedule(10), at(0))).toBe(1000)
    expect(renewalDueIn(aSchedule(-DAY_MS), at(0))).toBe(1000)
  })

  it('is due at once when the wall clock is set forward', () => {
    expect(renewalDueIn(aSchedule(), at(3 * DAY_MS, HOUR_MS))).toBe(0)
  })

  it('is neither hastened nor put off when the wall clock is set back', () => {
    expect(renewalDueIn(aSchedule(), at(-3 * DAY_MS, HOUR_MS))).toBe(11 * HOUR_MS)
    expect(renewalDueIn(aSchedule(), at(-3 * DAY_MS, 12 * HOUR_MS))).toBe(0)
  })
})

describe('the alarm', () => {
  it('is due when a sixth of the life is left', () => {
    const schedule = aSchedule()
    expect(alarmDueIn(schedule, at(0))).toBe(20 * HOUR_MS)
    expect(alarmDueIn(schedule, at(20 * HOUR_MS))).toBe(0)
  })

  it('always comes after renewal was due', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2_000, max: 90 * DAY_MS }), (lifeMs) => {
        const schedule = aSchedule(lifeMs, 0.999)
        expect(alarmDueIn(schedule, at(0))).toBeGreaterThan(renewalDueIn(schedule, at(0)))
      }),
    )
  })
})

describe('retrying', () => {
  it('doubles from one second to a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => retryAfterMs(failures, 1))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ])
  })

  it('spreads over the upper half', () => {
    expect(retryAfterMs(3, 0)).toBe(2000)
    expect(retryAfterMs(3, 0.5)).toBe(3000)
  })
})
