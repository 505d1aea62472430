import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MatchCompiler } from '../../../src/policy/access/match-compiler.ts'
import { type HttpRequest, RequestSet } from '../../../src/policy/access/request-set.ts'
import type { HttpMatch } from '../../../src/policy/intent/http-match.ts'

type Match = Pick<HttpMatch, 'methods' | 'pathRegex' | 'headers'>

const compiler = new MatchCompiler()
const ANY: Match = { methods: '*', pathRegex: '.*', headers: [] }

function requests(match: Partial<Match>): RequestSet {
  return compiler.compile({ ...ANY, ...match })
}

function request(change: Partial<HttpRequest>): HttpRequest {
  return { method: 'GET', path: '/', headers: {}, ...change }
}

describe('a set of requests', () => {
  it('has a request when method, path and every header match in full', () => {
    const set = requests({
      methods: ['GET'],
      pathRegex: '/books',
      headers: [{ name: 'client', valueRegex: 'b.*' }],
    })
    const good = request({ path: '/books', headers: { client: 'buyer' } })
    expect([
      set.has(good),
      set.has({ ...good, method: 'POST' }),
      set.has({ ...good, path: '/books/1' }),
      set.has({ ...good, headers: {} }),
      set.has({ ...good, headers: { client: 'thief' } }),
    ]).toEqual([true, false, false, false, false])
  })

  it('lets methods that policies cannot name through under * only', () => {
    const brew = request({ method: 'BREW' })
    expect([requests({}).has(brew), requests({ methods: ['GET', 'POST'] }).has(brew)]).toEqual([
      true,
      false,
    ])
  })

  it('keeps plain paths of the same methods in one box', () => {
    const set = ['/a', '/b', '/c'].reduce(
      (all, path) => all.union(requests({ pathRegex: path })),
      RequestSet.none,
    )
    expect(set.boxes.length).toBe(1)
  })

  it.each([
    [{ pathRegex: '/api/.*' }, { pathRegex: '/api/v1/.*' }, request({ path: '/api/' })],
    [{}, { methods: ['GET'] }, request({ method: 'HEAD' })],
    [{}, { headers: [{ name: 'x', valueRegex: '.*' }] }, request({ headers: {} })],
    [
      { headers: [{ name: 'x', valueRegex: '.*' }] },
      { headers: [{ name: 'x', valueRegex: 'a*' }] },
      request({ headers: { x: 'b' } }),
    ],
  ] as const)('%j without %j has the witness %j', (wide, narrow, witness) => {
    expect(requests(wide).minus(requests(narrow)).witness()).toEqual(witness)
  })

  it('never offers a path that normalisation would change as a witness', () => {
    const dots = requests({ pathRegex: '/\\.\\.?(/.*)?|/.+//.*|[^/].*|.*%41' })
    expect(dots.isEmpty).toBe(true)
  })
})

const match: fc.Arbitrary<Match> = fc.record({
  methods: fc.constantFrom<Match['methods']>('*', ['GET'], ['GET', 'POST'], ['DELETE']),
  pathRegex: fc.constantFrom('.*', '/a', '/a.*', '/[ab]', '/b/.*', '/(a|b/c)?'),
  headers: fc.constantFrom<Match['headers']>(
    [],
    [{ name: 'x', valueRegex: '1' }],
    [{ name: 'x', valueRegex: '[12]' }],
    [
      { name: 'x', valueRegex: '.*' },
      { name: 'y', valueRegex: '2' },
    ],
  ),
})
const set = fc.array(match, { maxLength: 4 }).map((matches) => ({
  matches,
  set: matches.reduce((all, one) => all.union(compiler.compile(one)), RequestSet.none),
}))
const anyRequest: fc.Arbitrary<HttpRequest> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'DELETE', 'BREW'),
  path: fc.constantFrom('/', '/a', '/ab', '/b', '/b/c', '/c'),
  headers: fc.constantFrom({}, { x: '1' }, { x: '2' }, { x: '1', y: '2' }, { y: '2' }),
})

function matchesDirectly(one: Match, { method, path, headers }: HttpRequest): boolean {
  if (one.methods !== '*' && !(one.methods as readonly string[]).includes(method)) return false
  if (!new RegExp(`^(?:${one.pathRegex})$`).test(path)) return false
  return one.headers.every(({ name, valueRegex }) => {
    const value = (headers as Record<string, string>)[name]
    return value !== undefined && new RegExp(`^(?:${valueRegex})$`).test(value)
  })
}

describe('the host', () => {
  const host = (valueRegex: string) => requests({ headers: [{ name: ':authority', valueRegex }] })

  it('is in every request, so a rule for any host is a rule for all requests', () => {
    expect(host('.*').contains(requests({}))).toBe(true)
  })

  it('of a witness is one that a request can have', () => {
    expect(requests({}).minus(host('a.*')).witness()).toEqual(
      request({ headers: { ':authority': 'b' } }),
    )
  })
})

describe('laws', () => {
  it('has what one of its matches matches, by the plain reading of a match', () => {
    fc.assert(
      fc.property(set, anyRequest, ({ matches, set: requestSet }, one) => {
        expect(requestSet.has(one)).toBe(matches.some((m) => matchesDirectly(m, one)))
      }),
    )
  })

  it('difference and intersection are those of sets', () => {
    fc.assert(
      fc.property(set, set, anyRequest, (a, b, one) => {
        expect([a.set.minus(b.set).has(one), a.set.intersect(b.set).has(one)]).toEqual([
          a.set.has(one) && !b.set.has(one),
          a.set.has(one) && b.set.has(one),
        ])
      }),
    )
  })

  it('a difference is empty or has a witness that lies in it', () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const rest = a.set.minus(b.set)
        const witness = rest.witness()
        expect(witness === undefined).toBe(rest.isEmpty)
        if (witness !== undefined)
          expect([a.set.has(witness), b.set.has(witness)]).toEqual([true, false])
      }),
    )
  })
})
