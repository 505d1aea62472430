import { describe, expect, it } from 'vitest'
import { buildAccessRelation } from '../../../src/policy/access/access-relation.ts'
import { MatchCompiler } from '../../../src/policy/access/match-compiler.ts'
import { ruleWarnings } from '../../../src/policy/access/rule-warnings.ts'
import type { HttpMatch } from '../../../src/policy/intent/http-match.ts'
import { aGrant, anIntent, at, type GrantFixture } from './an-intent.ts'

/** 40 bits of memory: its automaton has more states than anybody builds. */
const HUGE = '/.*a.{40}'

function warnings(...fixtures: readonly Omit<GrantFixture, 'to'>[]): readonly string[] {
  const grants = fixtures.map((fixture, index) =>
    aGrant({ to: 'store/books', name: `t${index}`, line: 10 * (index + 1), ...fixture }),
  )
  const intent = anIntent({ grants })
  return ruleWarnings(intent, buildAccessRelation(intent), new MatchCompiler()).map(
    ({ code, location, related = [] }) =>
      [code, location.line, ...related.map(({ line }) => `by ${line}`)].join(' '),
  )
}

function about(match: Partial<HttpMatch>, from: readonly string[] = ['shop/buyer']) {
  return { from, http: [match] }
}

describe('a rule is needless when another TrafficTarget', () => {
  it.each<[string, Partial<HttpMatch>, Partial<HttpMatch>]>([
    ['has a wider pattern', { pathRegex: '/items(/.*)?' }, { pathRegex: '/items/[0-9]+' }],
    ['says the same in other words', { pathRegex: '/(a|b)*' }, { pathRegex: '/[ab]*' }],
    ['has more methods', { methods: ['GET', 'POST'] }, { methods: ['GET'] }],
    ['asks for no header', {}, { headers: [{ name: 'team', valueRegex: 'a' }] }],
    [
      'asks for less of a header',
      { headers: [{ name: 'team', valueRegex: '[ab]' }] },
      { headers: [{ name: 'team', valueRegex: 'a' }] },
    ],
  ])('%s', (_name, wide, narrow) => {
    expect(warnings(about(wide), about(narrow))).toEqual(['PLB0710 22 by 12'])
  })

  it('and of two that allow the same, the later one', () => {
    expect(warnings(about({}), about({}))).toEqual(['PLB0710 22 by 12'])
  })

  it('and is needed where the other is narrower in anything', () => {
    const rule = about({ pathRegex: '/a/.*', methods: ['GET'] })
    expect(
      [
        about({ pathRegex: '/a/b', methods: '*' }),
        about({ pathRegex: '.*', methods: ['POST'] }),
        about({ headers: [{ name: 'team', valueRegex: '.*' }] }),
        about({}, ['shop/thief']),
        { ...about({}), port: 8080 },
      ].map((other) => warnings(rule, other).filter((line) => line.includes(' 12 '))),
    ).toEqual([[], [], [], [], []])
  })

  it('and is needed by a source that the other leaves out', () => {
    const both = about({ pathRegex: '/a' }, ['shop/buyer', 'shop/thief'])
    expect(warnings(both, about({}))).toEqual([])
  })

  it('counts one for the same port', () => {
    expect(warnings({ ...about({}), port: 80 }, { ...about({}), port: 80 })).toEqual([
      'PLB0710 22 by 12',
    ])
  })
})

describe('a match that no request has', () => {
  it.each<Partial<HttpMatch>>([
    { pathRegex: '/a/../b'.replaceAll('.', '\\.') },
    { pathRegex: '/a//b' },
    { pathRegex: '/a%2Fb' },
    { pathRegex: '/%41' },
    { pathRegex: '/a<b' },
    { headers: [{ name: 'team', valueRegex: ' blue' }] },
    { headers: [{ name: ':authority', valueRegex: 'http://.*' }] },
  ])('%j is said once, where it stands', (match) => {
    expect(warnings(about({ ...match, location: at(77) }))).toEqual(['PLB0711 77'])
  })

  it.each<Partial<HttpMatch>>([{ pathRegex: '/a%20b' }, { pathRegex: '//?' }, { pathRegex: HUGE }])(
    '%j is not one of them',
    (match) => {
      expect(warnings(about(match))).toEqual([])
    },
  )
})

it('patterns too large to compare are no reason to warn, nor to fail', () => {
  expect(warnings(about({ pathRegex: HUGE }), about({ pathRegex: `${HUGE}|/x` }))).toEqual([])
})
