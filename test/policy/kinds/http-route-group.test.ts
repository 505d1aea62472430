/** What the matches of an HTTPRouteGroup are. */
import { describe, expect, it } from 'vitest'
import type { HttpMatch } from '../../../src/policy/intent/http-match.ts'
import { compile, compileValid } from '../../support/policy-files.ts'
import { aRouteGroup, aTrafficTarget, ENROLLED } from './documents.ts'

function matchOf(fields: Readonly<Record<string, unknown>>): HttpMatch {
  const group = aRouteGroup([{ name: 'all', ...fields }])
  const [grant] = compileValid([...ENROLLED, group, aTrafficTarget()]).grants.values()
  return grant!.http[0]!.match
}

function codesOf(fields: Readonly<Record<string, unknown>>): readonly string[] {
  const group = aRouteGroup([{ name: 'all', ...fields }])
  return compile([...ENROLLED, group, aTrafficTarget()]).problems.map(({ code }) => code)
}

describe('a match', () => {
  it('of nothing but a name is every request', () => {
    expect(matchOf({})).toMatchObject({ pathRegex: '.*', methods: '*', headers: [] })
  })

  it('with an empty path is any path, with a warning (D26)', () => {
    expect(matchOf({ pathRegex: '' }).pathRegex).toBe('.*')
    expect(codesOf({ pathRegex: '' })).toEqual(['PLB0512'])
  })

  it.each([[['*']], [[]], [['GET', '*']]])('of the methods %j is of any', (methods) => {
    expect(matchOf({ methods }).methods).toBe('*')
  })

  it('has its methods sorted and once', () => {
    expect(matchOf({ methods: ['PUT', 'GET', 'PUT'] }).methods).toEqual(['GET', 'PUT'])
  })

  it.each([
    ['a mapping', { 'X-Client': 'web', Host: 'shop' }],
    ['a list', [{ Host: 'shop' }, { 'X-Client': 'web' }]],
    ['a list of one', [{ 'X-Client': 'web', Host: 'shop' }]],
  ])('reads headers written as %s; host is the authority (D12)', (_, headers) => {
    expect(matchOf({ headers }).headers).toEqual([
      { name: ':authority', valueRegex: 'shop' },
      { name: 'x-client', valueRegex: 'web' },
    ])
  })

  it('is applied with headers in the list form, and host called host', () => {
    const group = aRouteGroup([{ name: 'all', headers: { Host: 'shop', a: 'b' } }])
    const { objects } = compileValid([...ENROLLED, group, aTrafficTarget()])
    const object = objects.find(({ id }) => id.kind === 'HTTPRouteGroup')?.object
    expect(object?.['spec']).toEqual({
      matches: [{ name: 'all', headers: [{ host: 'shop' }, { a: 'b' }] }],
    })
  })

  it.each([
    [{ pathRegex: '(?=a)' }, 'PLB0510'],
    [{ pathRegex: `/${'a{20}'.repeat(9)}` }, 'PLB0511'],
    [{ headers: { a: '(?=a)' } }, 'PLB0510'],
    [{ headers: { ':method': 'GET' } }, 'PLB0513'],
    [{ headers: { 'a b': 'c' } }, 'PLB0513'],
    [{ headers: [{ a: 'b' }, { A: 'c' }] }, 'PLB0514'],
    [{ headers: { a: 1 } }, 'PLB0313'],
    [{ headers: { a: ['b'] } }, 'PLB0312'],
    [{ headers: 'a' }, 'PLB0517'],
    [{ headers: ['a'] }, 'PLB0517'],
    [{ methods: ['get'] }, 'PLB0314'],
    [{ methods: ['FETCH'] }, 'PLB0314'],
    [{ pathRegex: 80 }, 'PLB0313'],
    [{ path: '/a' }, 'PLB0310'],
  ])('%j is refused as %s', (fields, code) => {
    expect(codesOf(fields)).toEqual([code])
  })

  it.each(['buy', '^buy', '/buy\\?id=1', '[?]a', '\\?', '/a#b', 'https?://shop/.*'])(
    'of the path %s warns that no request matches',
    (pathRegex) => {
      expect(codesOf({ pathRegex })).toEqual(pathRegex === '/a#b' ? [] : ['PLB0516'])
    },
  )

  it.each([
    '/buy(\\?.*)?',
    '.*buy',
    '(|/buy)',
    '[^?]*',
    '\\/buy',
    '/a\\.b',
    '^/buy$',
    '\\Q/a?\\E|/b',
  ])('of the path %s does not', (pathRegex) => {
    expect(codesOf({ pathRegex })).toEqual([])
  })

  it('that is named twice is a problem at the second', () => {
    const group = aRouteGroup([{ name: 'all' }, { name: 'all', pathRegex: '/a' }])
    const { problems } = compile([...ENROLLED, group, aTrafficTarget()])
    expect(problems).toMatchObject([{ code: 'PLB0515', path: 'spec.matches[1].name' }])
  })
})
