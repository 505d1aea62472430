/** Spans of time in flags. */
import { describe, expect, it } from 'vitest'
import { parseSpan } from '../../src/cli/parse-span.ts'

describe('a span', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseSpan('--for', text)).toBe(ms)
  })

  it.each(['', '2', '0s', '-1s', '1.5h', '2 h', '2h later', 'h'])('is not %j', (text) => {
    expect(() => parseSpan('--for', text)).toThrow(
      `--for is ${JSON.stringify(text)}; write a span longer than nothing, such as 90s`,
    )
  })
})
