/** Ages as kubectl prints them. */
import { describe, expect, it } from 'vitest'
import { printAge } from '../../../src/cli/repositories/print-age.ts'
import { printSpan } from '../../../src/cli/repositories/print-span.ts'
import type { Instant } from '../../../src/model/clock.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('a span', () => {
  it.each([
    [0, '0s'],
    [119_999, '119s'],
    [2 * MINUTE, '2m'],
    [3 * MINUTE + 20_000, '3m20s'],
    [10 * MINUTE + 20_000, '10m'],
    [179 * MINUTE, '179m'],
    [3 * HOUR + 5 * MINUTE, '3h5m'],
    [8 * HOUR + 5 * MINUTE, '8h'],
    [47 * HOUR, '47h'],
    [2 * DAY + HOUR, '2d1h'],
    [8 * DAY + HOUR, '8d'],
  ])('of %d ms is %s', (span, text) => {
    expect(printSpan(span)).toBe(text)
  })
})

describe('an age', () => {
  const now = Date.parse('2026-01-01T00:00:10Z') as Instant

  it('is counted from the moment, and nothing for one that is to come or unknown', () => {
    expect(printAge('2026-01-01T00:00:00Z', now)).toBe('10s')
    expect(printAge('2026-01-01T01:00:00Z', now)).toBe('0s')
    expect(printAge(undefined, now)).toBe('-')
  })
})
