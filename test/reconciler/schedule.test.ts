/** When the repository is looked at unasked. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Instant } from '../../src/model/clock.ts'
import { parseSchedule, type Schedule, untilNext } from '../../src/reconciler/schedule.ts'

const at = (text: string): Instant => Date.parse(text) as Instant

function scheduled(text: string): Schedule {
  const schedule = parseSchedule(text)
  if (!schedule.ok) throw new Error(schedule.error)
  return schedule.value
}

it.each([
  ['30s', 30_000],
  ['@every 30s', 30_000],
  ['  @every  5m ', 300_000],
  ['1h30m', 5_400_000],
  ['1500ms', 1_500],
  ['7d', 604_800_000],
])('reads the span %s', (text, intervalMs) => {
  expect(parseSchedule(text)).toEqual({ ok: true, value: { type: 'every', intervalMs } })
})

it.each(['*/5 * * * *', '0 30 4 * * 1-5', '@hourly'])(
  'reads the cron expression %s',
  (expression) => {
    expect(parseSchedule(expression)).toEqual({ ok: true, value: { type: 'cron', expression } })
  },
)

it.each([
  '',
  '5',
  'soon',
  '-5s',
  '1.5s',
  '500ms',
  '8d',
  '@every',
  '@every soon',
  '@every 0 * * * *',
  '61 * * * *',
  '* * *',
  '@fortnightly',
  '0 0 30 2 *',
])('refuses %j and says what to write', (text) => {
  const schedule = parseSchedule(text)
  expect(schedule.ok).toBe(false)
  expect(!schedule.ok && schedule.error).toContain(JSON.stringify(text))
  expect(!schedule.ok && schedule.error).toMatch(/write a span|use a span/)
})

describe('the wait', () => {
  it('of a span is spread by a tenth to either side', () => {
    const every = scheduled('30s')
    const now = at('2026-01-01T00:00:00Z')
    expect([0, 0.5, 1].map((draw) => untilNext(every, now, draw))).toEqual([27_000, 30_000, 33_000])
  })

  it.each([
    ['*/5 * * * *', '2026-01-01T00:01:30Z', 210_000],
    ['*/5 * * * *', '2026-01-01T00:05:00Z', 300_000],
    ['0 4 * * *', '2026-01-01T03:59:59.500Z', 500],
    // The night when clocks in Europe go forward has 24 hours like any other.
    ['30 2 * * *', '2026-03-28T02:30:00Z', 86_400_000],
  ])('of %s at %s is %i ms', (expression, now, expected) => {
    expect(untilNext(scheduled(expression), at(now), 0.5)).toBe(expected)
  })

  it('is never zero, or a loop would spin', () => {
    const moments = fc.integer({ min: 0, max: 4_102_444_800_000 })
    const draws = fc.double({ min: 0, max: 1, noNaN: true })
    const schedules = fc.constantFrom('1s', '30s', '* * * * *', '* * * * * *', '@daily')
    fc.assert(
      fc.property(schedules, moments, draws, (text, now, draw) => {
        expect(untilNext(scheduled(text), now as Instant, draw)).toBeGreaterThan(0)
      }),
    )
  })
})
