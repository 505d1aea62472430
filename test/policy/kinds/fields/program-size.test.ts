/** Sizes of patterns as Envoy 1.40 reported them (test/real/pattern-size.test.ts asks it again). */
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { judgePattern } from '../../../../src/policy/kinds/fields/pattern.ts'
import { programSize } from '../../../../src/policy/kinds/fields/program-size.ts'
import { PATTERN_SIZES } from '../../../support/pattern-sizes.ts'

describe('the size of a pattern', () => {
  it.each(Object.entries(PATTERN_SIZES))('%s is %d', (pattern, size) => {
    expect(programSize(RE2JS.compile(pattern), pattern)).toBe(size)
  })

  it('decides at 100 whether Envoy takes it', () => {
    expect(judgePattern(`/${'a'.repeat(95)}`)).toBeUndefined()
    expect(judgePattern(`/${'a'.repeat(96)}`)?.code).toBe('PLB0511')
    expect(judgePattern(`(${'a'.repeat(95)})`)?.code).toBe('PLB0511')
    expect(judgePattern(`(${'a'.repeat(94)})`)).toBeUndefined()
  })
})

describe('a pattern', () => {
  it.each(['', '.*', '/a', '/a/(b|c)/[0-9]+', '(?i)/a', '\\Q/a.b\\E', '[[:alpha:]]+', '\\x{ff}'])(
    '%j is taken',
    (pattern) => {
      expect(judgePattern(pattern)).toBeUndefined()
    },
  )

  it.each([
    ['(?=a)', 'PLB0510'],
    ['(?<!a)b', 'PLB0510'],
    ['(a)\\1', 'PLB0510'],
    ['\\C', 'PLB0510'],
    ['a{1001}', 'PLB0510'],
    ['(', 'PLB0510'],
    ['[b-a]', 'PLB0510'],
    ['*', 'PLB0510'],
    ['é', 'PLB0518'],
    ['[à-ü]', 'PLB0518'],
    ['\\x{100}', 'PLB0518'],
    ['\\x{10FFFF}', 'PLB0518'],
    ['[0-9a-z-]{64}', 'PLB0511'],
    ['(((a{9}){9}){9}){9}', 'PLB0510'],
  ])('%j is refused as %s', (pattern, code) => {
    expect(judgePattern(pattern)?.code).toBe(code)
  })

  it('is judged in time that its length bounds', () => {
    expect(judgePattern('(?:a|a)*'.repeat(5000))?.code).toBe('PLB0511')
    expect(judgePattern('('.repeat(100_000))?.code).toBe('PLB0510')
    expect(judgePattern('(?:)'.repeat(60_000))).toBeUndefined()
    expect(judgePattern('a'.repeat(250_000))?.code).toBe('PLB0511')
    expect(judgePattern(`${'(?:'.repeat(900)}a${')'.repeat(900)}`)).toBeUndefined()
  })
})
