/** Durations as Go's time.ParseDuration reads them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../../../src/policy/kinds/fields/duration.ts'

describe('a duration', () => {
  it.each([
    ['24h', 86_400_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1.5s', 1500],
    ['.5m', 30_000],
    ['100us', 0.1],
    ['0', 0],
    ['0s', 0],
    ['1m1m', 120_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', '1', 'h', '1 h', '-1h', '1d', '24H', '1h ', '1e3s', '٣h', '1h30'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )

  it('is read in time that does not depend on how it is wrong', () => {
    expect(parseDuration('1'.repeat(1_000_000))).toBeUndefined()
  })

  it('adds up its parts', () => {
    const part = fc.tuple(fc.nat(999), fc.constantFrom('h', 'm', 's', 'ms'))
    fc.assert(
      fc.property(part, part, ([a, x], [b, y]) => {
        const sum = (parseDuration(`${a}${x}`) ?? 0) + (parseDuration(`${b}${y}`) ?? 0)
        expect(parseDuration(`${a}${x}${b}${y}`)).toBe(sum)
      }),
    )
  })
})
