/** How a TrafficSplit shares traffic. */
import { describe, expect, it } from 'vitest'
import type { TrafficSplitIntent } from '../../../src/policy/intent/traffic-split-intent.ts'
import { compile, compileValid } from '../../support/policy-files.ts'
import { aRouteGroup, aSplit, ENROLLED } from './documents.ts'

function splitsOf(...documents: readonly string[]): readonly TrafficSplitIntent[] {
  return [...compileValid([...ENROLLED, ...documents]).splits.values()].flat()
}

function codesOf(...documents: readonly string[]): readonly string[] {
  return compile([...ENROLLED, ...documents]).problems.map(({ code }) => code)
}

const SHOP = (name: string) => ({ namespace: 'shop', name })

describe('a TrafficSplit', () => {
  it('shares the traffic of its root in the order and by the weights written', () => {
    expect(splitsOf(aSplit())).toMatchObject([
      {
        root: SHOP('web'),
        backends: [
          { service: SHOP('web-v1'), weight: 1 },
          { service: SHOP('web-v2'), weight: 1 },
        ],
        matches: [],
      },
    ])
  })

  it('takes services in every form, and is applied with plain names (D7)', () => {
    const split = aSplit({
      service: 'web.shop.svc.cluster.local:8080',
      backends: [{ service: 'web-v1.shop', weight: 1 }],
    })
    expect(splitsOf(split)).toMatchObject([
      { root: SHOP('web'), backends: [{ service: SHOP('web-v1') }] },
    ])
    const { objects } = compileValid([...ENROLLED, split])
    expect(objects.find(({ id }) => id.kind === 'TrafficSplit')?.object['spec']).toEqual({
      service: 'web',
      backends: [{ service: 'web-v1', weight: 1 }],
    })
  })

  it.each([
    { service: 'web.other' },
    { backends: [{ service: 'web.other.svc.cluster.local', weight: 1 }] },
  ])('of another namespace is a problem (D8): %j', (spec) => {
    expect(codesOf(aSplit(spec))).toEqual(['PLB0405'])
  })

  it('beside another on the same root is a problem, however the root is written (D9)', () => {
    expect(codesOf(aSplit(), aSplit({ service: 'web.shop.svc' }, 'other'))).toEqual(['PLB0601'])
  })

  it('stands beside another when their matches tell them apart (D9)', () => {
    const groups = [aRouteGroup(undefined, 'a'), aRouteGroup(undefined, 'b')]
    const by = (...names: string[]) => names.map((name) => ({ kind: 'HTTPRouteGroup', name }))
    const three = [
      aSplit(),
      aSplit({ matches: by('a') }, 'a'),
      aSplit({ matches: by('b', 'a') }, 'b'),
    ]
    expect(codesOf(...groups, ...three)).toEqual([])
    expect(splitsOf(...groups, ...three)).toHaveLength(3)
    const same = aSplit({ matches: by('a', 'b') }, 'c')
    expect(codesOf(...groups, ...three, same)).toEqual(['PLB0601'])
  })

  it('may have its root service among the backends (D10)', () => {
    expect(codesOf(aSplit({ backends: [{ service: 'web', weight: 1 }] }))).toEqual([])
  })

  it.each([0.5, -1, '50', '50%', 1e7, true, null])('has no weight of %j (D11)', (weight) => {
    expect(codesOf(aSplit({ backends: [{ service: 'web-v1', weight }] }))).toEqual(['PLB0520'])
  })

  it('may have weights of 0, but not only those (D11)', () => {
    const zero = { service: 'web-v2', weight: 0 }
    expect(codesOf(aSplit({ backends: [{ service: 'web-v1', weight: 1 }, zero] }))).toEqual([])
    expect(codesOf(aSplit({ backends: [zero] }))).toEqual(['PLB0521'])
  })

  it('has each backend once', () => {
    const twice = ['web-v1', 'web-v1.shop'].map((service) => ({ service, weight: 1 }))
    expect(codesOf(aSplit({ backends: twice }))).toEqual(['PLB0523'])
  })

  it.each(['v1alpha3', 'v1alpha4'])(
    'of %s honours matches, of all groups it names (D13)',
    (version) => {
      const groups = [
        aRouteGroup([{ name: 'firefox', headers: { 'user-agent': '.*Firefox.*' } }], 'a'),
        aRouteGroup([{ name: 'beta', pathRegex: '/beta' }], 'b'),
      ]
      const matches = ['a', 'b'].map((name) => ({ kind: 'HTTPRouteGroup', name }))
      const [split] = splitsOf(...groups, aSplit({ matches }, 'web', version))
      expect(split?.matches.map(({ name }) => name)).toEqual(['firefox', 'beta'])
    },
  )

  it.each(['v1alpha1', 'v1alpha2'])('of %s with matches is a problem (D13)', (version) => {
    const matches = [{ kind: 'HTTPRouteGroup', name: 'routes' }]
    expect(codesOf(aSplit({ matches }, 'web', version))).toEqual(['PLB0524'])
  })

  it('whose matches name no group there is is a problem (D6)', () => {
    const matches = [{ kind: 'HTTPRouteGroup', name: 'rotues' }]
    const { problems } = compile([...ENROLLED, aRouteGroup(), aSplit({ matches })])
    expect(problems.map(({ code, fix }) => [code, fix])).toContainEqual(['PLB0401', 'write routes'])
  })

  it.each([
    ['specs.smi-spec.io', []],
    ['specs.smi-spec.io/v1alpha4', ['PLB0407']],
    ['split.smi-spec.io', ['PLB0407']],
  ])('reads the apiGroup %s of its matches (D24)', (apiGroup, codes) => {
    const matches = [{ apiGroup, kind: 'HTTPRouteGroup', name: 'routes' }]
    expect(codesOf(aRouteGroup(), aSplit({ matches }))).toEqual(codes)
  })

  it('of v1alpha1 has quantities, brought to the smallest whole numbers (D21)', () => {
    const backends = [
      { service: 'web-v1', weight: '900m' },
      { service: 'web-v2', weight: '0.1' },
      { service: 'web-v3', weight: 2 },
    ]
    const [split] = splitsOf(aSplit({ backends }, 'web', 'v1alpha1'))
    expect(split?.backends.map(({ weight }) => weight)).toEqual([9, 1, 20])
  })

  it('whose backend has a split of its own warns that splits do not chain', () => {
    const second = aSplit(
      { service: 'web-v2', backends: [{ service: 'web-v3', weight: 1 }] },
      'second',
    )
    expect(codesOf(aSplit(), second)).toEqual(['PLB0606'])
  })
})
