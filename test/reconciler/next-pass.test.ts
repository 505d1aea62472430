/** What the end of a pass decides. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Instant } from '../../src/model/clock.ts'
import { toCommitSha } from '../../src/model/commit-sha.ts'
import { nextPass } from '../../src/reconciler/next-pass.ts'
import type { ReconcileOutcome } from '../../src/reconciler/reconcile-outcome.ts'

const commit = toCommitSha('a'.repeat(40))
const error = new Error('no route to host')
const SYNCED: ReconcileOutcome = { type: 'synced', commit }
const STALLED: ReconcileOutcome = { type: 'stalled', commit, problems: [] }
const FAILED: ReconcileOutcome = { type: 'failed', error }

function decide(outcome: ReconcileOutcome, given: { failures?: number; draw?: number } = {}) {
  const { failures = 0, draw = 0.5 } = given
  return nextPass(outcome, {
    schedule: { type: 'every', intervalMs: 30_000 },
    backoff: { firstMs: 1_000, capMs: 60_000 },
    failures,
    now: 0 as Instant,
    draw,
  })
}

it('waits for the schedule after a synced pass, and forgets failures', () => {
  expect(decide(SYNCED, { failures: 7 })).toEqual({ delayMs: 30_000, failures: 0 })
})

it('waits for the schedule after a stalled pass: only another commit helps', () => {
  expect(decide(STALLED, { failures: 7 })).toEqual({ delayMs: 30_000, failures: 0 })
})

it.each([
  [5_000, 5_000],
  [90_000, 30_000],
  [0, 100],
  [-1, 100],
])('waits as long as a waiting pass asks for: %i ms makes %i ms', (retryAfterMs, delayMs) => {
  const waiting: ReconcileOutcome = { type: 'waiting', commit, reason: 'a prune', retryAfterMs }
  expect(decide(waiting, { failures: 7 })).toEqual({ delayMs, failures: 0 })
})

it('doubles the wait with each failure up to the cap', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 7, 2_000].map(
    (failures) => decide(FAILED, { failures, draw: 1 }).delayMs,
  )
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

it('counts failures', () => {
  expect(decide(FAILED, { failures: 3 }).failures).toBe(4)
})

it('gives the pause that was asked for, where it is longer', () => {
  expect(decide({ ...FAILED, retryAfterMs: 45_000 }).delayMs).toBe(45_000)
  expect(decide({ ...FAILED, retryAfterMs: 10 }, { draw: 1 }).delayMs).toBe(1_000)
})

it('spreads retries over the upper half of the wait and never beyond it', () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.double({ min: 0, max: 1, noNaN: true }), (failures, draw) => {
      const whole = Math.min(60_000, 1_000 * 2 ** failures)
      const { delayMs } = decide(FAILED, { failures, draw })
      expect(delayMs).toBeGreaterThanOrEqual(whole / 2)
      expect(delayMs).toBeLessThanOrEqual(whole)
    }),
  )
})
