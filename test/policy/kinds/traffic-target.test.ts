/** What a TrafficTarget grants. */
import { describe, expect, it } from 'vitest'
import type { Grant } from '../../../src/policy/intent/grant.ts'
import { compile, compileValid } from '../../support/policy-files.ts'
import {
  aNamespace,
  anAccount,
  aRouteGroup,
  aTcpRoute,
  aTrafficTarget,
  ENROLLED,
} from './documents.ts'

const MATCHES = [
  { name: 'all' },
  { name: 'buy', pathRegex: '/buy', methods: ['POST', 'GET', 'GET'] },
]

function grantOf(...documents: readonly string[]): Grant {
  const grants = [...compileValid([...ENROLLED, ...documents]).grants.values()]
  expect(grants).toHaveLength(1)
  return grants[0]!
}

function codesOf(...documents: readonly string[]): readonly string[] {
  return compile([...ENROLLED, ...documents]).problems.map(({ code }) => code)
}

describe('a TrafficTarget', () => {
  it('grants the matches it names, in their order, to its sources, sorted', () => {
    const grant = grantOf(
      aRouteGroup(MATCHES),
      aTrafficTarget({
        sources: [anAccount('b', 'web'), anAccount('a', 'web'), anAccount('z', 'shop')],
        rules: [{ kind: 'HTTPRouteGroup', name: 'routes', matches: ['buy'] }],
      }),
    )
    expect(grant).toMatchObject({
      id: { group: 'access.smi-spec.io', version: 'v1alpha3', namespace: 'shop', name: 'till' },
      destination: { namespace: 'shop', name: 'till' },
      sources: [
        { account: { namespace: 'shop', name: 'z' } },
        { account: { namespace: 'web', name: 'a' } },
        { account: { namespace: 'web', name: 'b' } },
      ],
      http: [{ match: { name: 'buy', pathRegex: '/buy', methods: ['GET', 'POST'], headers: [] } }],
      tcp: [],
    })
    expect(grant.port).toBeUndefined()
  })

  it('grants every match of a group when its rule names none, with a warning (D1)', () => {
    const rules = [{ kind: 'HTTPRouteGroup', name: 'routes' }]
    const documents = [aRouteGroup(MATCHES.toReversed()), aTrafficTarget({ rules })]
    expect(grantOf(...documents).http.map(({ match }) => match.name)).toEqual(['buy', 'all'])
    expect(codesOf(...documents)).toEqual(['PLB0502'])
    const empty = [{ kind: 'HTTPRouteGroup', name: 'routes', matches: [] }]
    expect(grantOf(documents[0]!, aTrafficTarget({ rules: empty })).http).toHaveLength(2)
  })

  it.each([[[]], [undefined]])('without rules is a problem (D2)', (rules) => {
    expect(codesOf(aTrafficTarget({ rules }))).toContain('PLB0501')
  })

  it('outside the namespace of its destination is a problem (D3)', () => {
    const elsewhere = aTrafficTarget({ destination: anAccount('till', 'web') })
    expect(codesOf(aRouteGroup(), elsewhere)).toContain('PLB0503')
  })

  it('means its own namespace where destination or source name none (D4)', () => {
    const grant = grantOf(
      aRouteGroup(),
      aTrafficTarget({
        destination: { kind: 'ServiceAccount', name: 'till' },
        sources: [{ kind: 'ServiceAccount', name: 'web' }],
      }),
    )
    expect(grant.destination.namespace).toBe('shop')
    expect(grant.sources[0]?.account.namespace).toBe('shop')
  })

  it('is applied with those namespaces written out', () => {
    const { objects } = compileValid([
      ...ENROLLED,
      aRouteGroup(),
      aTrafficTarget({ sources: [{ kind: 'ServiceAccount', name: 'web' }] }),
    ])
    const object = objects.find(({ id }) => id.kind === 'TrafficTarget')?.object
    expect(object?.['spec']).toMatchObject({ sources: [anAccount('web', 'shop')] })
  })

  it('with a rule of another kind is a problem (D5)', () => {
    expect(codesOf(aTrafficTarget({ rules: [{ kind: 'UDPRoute', name: 'dns' }] }))).toEqual([
      'PLB0404',
    ])
  })

  it.each([
    ['group', { name: 'rotues', matches: ['all'] }, 'PLB0401', 'write routes'],
    ['match', { name: 'routes', matches: ['al'] }, 'PLB0402', 'write all'],
  ])('that names a missing %s is a problem, with the nearest (D6)', (_, rule, code, fix) => {
    const rules = [{ kind: 'HTTPRouteGroup', ...rule }]
    const { problems } = compile([...ENROLLED, aRouteGroup(), aTrafficTarget({ rules })])
    expect(problems.find((problem) => problem.code === code)?.fix).toBe(fix)
  })

  it('is told of a match that is not there, also where the group has mistakes of its own', () => {
    const misspelt = aTrafficTarget({
      rules: [{ kind: 'HTTPRouteGroup', name: 'routes', matches: ['alle', 'buy'] }],
    })
    expect(
      codesOf(aRouteGroup([{ name: 'all', pathRegexp: '/' }, { name: 'buy' }]), misspelt),
    ).toEqual(['PLB0310', 'PLB0402'])
    // Which names it has cannot be told: nothing is said of them.
    expect(codesOf(aRouteGroup([{ name: 1 }]), misspelt)).not.toContain('PLB0402')
  })

  it('never finds a group of another namespace', () => {
    const other = aRouteGroup().replaceAll('"shop"', '"web"')
    expect(codesOf(other, aTrafficTarget())).toContain('PLB0401')
  })

  it('with an empty list of sources grants nobody anything, with a warning (D16)', () => {
    const documents = [aRouteGroup(), aTrafficTarget({ sources: [] })]
    expect(grantOf(...documents).sources).toEqual([])
    expect(codesOf(...documents)).toEqual(['PLB0504'])
  })

  it('opens the TCP ports of its TCPRoutes, any for one that names none (D17)', () => {
    const rules = ['db', 'any'].map((name) => ({ kind: 'TCPRoute', name }))
    const grant = grantOf(
      aTcpRoute([33060, 3306], 'db'),
      aTcpRoute([], 'any'),
      aTrafficTarget({ rules }),
    )
    expect(grant.tcp.map(({ route, ports }) => [route.name, ports])).toEqual([
      ['db', [3306, 33060]],
      ['any', 'any'],
    ])
    expect(grant.http).toEqual([])
  })

  it('of a service account with dots keeps the name whole, with a warning (D20)', () => {
    const documents = [aRouteGroup(), aTrafficTarget({ destination: anAccount('till.v1') })]
    expect(grantOf(...documents).destination.name).toBe('till.v1')
    expect(codesOf(...documents)).toEqual(['PLB0507'])
  })

  it.each([8080, '8080'])('of v1alpha2 keeps to the port %j of its destination (D22)', (port) => {
    const old = aTrafficTarget({ destination: { ...anAccount('till'), port } }).replace(
      'v1alpha3',
      'v1alpha2',
    )
    expect(grantOf(aRouteGroup(), old).port).toBe(8080)
    const { objects } = compileValid([...ENROLLED, aRouteGroup(), old])
    const object = objects.find(({ id }) => id.kind === 'TrafficTarget')?.object
    expect(object).toMatchObject({
      apiVersion: 'access.smi-spec.io/v1alpha3',
      metadata: { annotations: { 'plumbline.dev/destination-port': '8080' } },
    })
    expect(object?.['spec']).toMatchObject({ destination: anAccount('till') })
  })

  it('of v1alpha3 keeps to the port of the annotation, without a warning (D22)', () => {
    const documents = [
      aRouteGroup(),
      aTrafficTarget({}, { annotations: { 'plumbline.dev/destination-port': '8080' } }),
    ]
    expect(grantOf(...documents).port).toBe(8080)
    expect(codesOf(...documents)).toEqual([])
  })

  it('has no port in v1alpha3', () => {
    const target = aTrafficTarget({ destination: { ...anAccount('till'), port: 80 } })
    const { problems } = compile([...ENROLLED, aRouteGroup(), target])
    expect(problems).toMatchObject([
      { code: 'PLB0310', fix: 'remove it, or use the version that has it (v1alpha2)' },
    ])
  })

  it('shows mistakes of v1alpha1 where v1alpha1 has them', () => {
    const old = JSON.stringify(
      {
        apiVersion: 'access.smi-spec.io/v1alpha1',
        kind: 'TrafficTarget',
        metadata: { name: 'till', namespace: 'shop' },
        destination: anAccount('till'),
        sources: [anAccount('web', 'web')],
        specs: [{ kind: 'HTTPRouteGroup', name: 'none', matches: ['all'] }],
      },
      undefined,
      2,
    )
    const { problems } = compile([...ENROLLED, old])
    expect(problems.map(({ code, path }) => [code, path])).toEqual([['PLB0401', 'specs[0].name']])
    expect(problems[0]?.location.line).toBe(
      old.split('\n').findIndex((line) => line.includes('none')) + 1,
    )
  })

  it('warns of sources that nobody can be, once a namespace', () => {
    const sources = [anAccount('a', 'far'), anAccount('b', 'far'), anAccount('c', 'web')]
    expect(codesOf(aRouteGroup(), aTrafficTarget({ sources }))).toEqual(['PLB0410'])
    const ignored = aNamespace('far', { 'openservicemesh.io/ignore': 'true' })
    expect(codesOf(ignored, aRouteGroup(), aTrafficTarget({ sources }))).toEqual([
      'PLB0541',
      'PLB0410',
    ])
  })

  it('warns of what an earlier match or source of it covers', () => {
    const rules = [{ kind: 'HTTPRouteGroup', name: 'routes', matches: ['buy', 'all', 'buy'] }]
    const sources = [anAccount('a', 'web'), anAccount('a', 'web')]
    const documents = [aRouteGroup(MATCHES), aTrafficTarget({ rules, sources })]
    expect(codesOf(...documents)).toEqual(['PLB0612', 'PLB0612'])
    expect(grantOf(...documents).sources).toHaveLength(1)
  })
})
