/** What is said to cover another match by its form does so by its meaning. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MatchCompiler } from '../../../../src/policy/access/match-compiler.ts'
import type { HttpMatch } from '../../../../src/policy/intent/http-match.ts'
import { covers } from '../../../../src/policy/kinds/fields/covers.ts'

type Requests = Pick<HttpMatch, 'methods' | 'pathRegex' | 'headers'>

const requests: fc.Arbitrary<Requests> = fc.record({
  methods: fc.constantFrom('*' as const, ['GET'] as const, ['GET', 'POST'] as const),
  pathRegex: fc.constantFrom('.*', '/buy', '/b.*', '/.*'),
  headers: fc.subarray([
    { name: 'x-a', valueRegex: '1' },
    { name: 'x-b', valueRegex: '.*' },
  ]),
})

describe('covers', () => {
  it('is never claimed of a match that allows less', () => {
    const compiler = new MatchCompiler()
    fc.assert(
      fc.property(requests, requests, (wide, narrow) => {
        fc.pre(covers(wide, narrow))
        expect(compiler.compile(wide).contains(compiler.compile(narrow))).toBe(true)
      }),
    )
  })

  it('sees the plain cases', () => {
    const buy: Requests = { methods: ['GET'], pathRegex: '/buy', headers: [] }
    const any: Requests = { methods: '*', pathRegex: '.*', headers: [] }
    expect([covers(any, buy), covers(buy, buy), covers(buy, any)]).toEqual([true, true, false])
    expect(covers(buy, { ...buy, headers: [{ name: 'x-a', valueRegex: '1' }] })).toBe(true)
    expect(covers({ ...buy, headers: [{ name: 'x-a', valueRegex: '1' }] }, buy)).toBe(false)
    expect(covers({ ...any, methods: ['GET', 'POST'] }, { ...buy, methods: '*' })).toBe(false)
  })
})
