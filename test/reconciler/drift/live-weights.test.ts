/** Whose weights are followed, judged from the object alone. */
import { describe, expect, it } from 'vitest'
import type { KubernetesObject, ManagedFieldsEntry } from '../../../src/model/kubernetes-object.ts'
import { toServiceKey } from '../../../src/model/service-name.ts'
import { effectiveObject } from '../../../src/reconciler/drift/effective-object.ts'
import { judgeLiveWeights } from '../../../src/reconciler/drift/live-weights.ts'
import { withLiveWeights } from '../../../src/reconciler/drift/with-live-weights.ts'
import { toDesiredObjects } from '../../../src/render/kubernetes/to-desired-objects.ts'
import { aRouteGroup, aSplit, ENROLLED } from '../../policy/kinds/documents.ts'
import { compileValid } from '../../support/policy-files.ts'

const name = (text: string) => ({ namespace: 'shop', name: text })

const SPLIT = {
  backends: [
    { service: name('v1'), weight: 90 },
    { service: name('v2'), weight: 10 },
  ],
  delegation: {
    manager: 'flagger',
    bounds: [
      { service: name('v1'), lower: 0, upper: 100 },
      { service: name('v2'), lower: 5, upper: 33 },
    ],
  },
}

const BACKENDS = { 'f:spec': { 'f:backends': {} } }

function aClaim(manager: string, change: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry {
  return {
    ...{ manager, operation: 'Update', apiVersion: 'split.smi-spec.io/v1alpha4' },
    ...{ fieldsType: 'FieldsV1', fieldsV1: BACKENDS },
    ...change,
  }
}

function aLiveSplit(
  backends: unknown,
  managedFields: readonly ManagedFieldsEntry[] = [aClaim('flagger')],
  began = 'v1=9,v2=1',
): KubernetesObject {
  return {
    apiVersion: 'split.smi-spec.io/v1alpha4',
    kind: 'TrafficSplit',
    metadata: {
      ...{ name: 'web', namespace: 'shop', managedFields },
      annotations: { 'plumbline.dev/declared-weights': began },
    },
    spec: { service: 'web', backends },
  }
}

const weighted = (v1: unknown, v2: unknown) => [
  { service: 'v1', weight: v1 },
  { service: 'v2', weight: v2 },
]

describe('live weights are followed', () => {
  it.each([
    ['that the controller updated', aLiveSplit(weighted(80, 20)), [80, 20]],
    ['at the very bound', aLiveSplit(weighted(67, 33)), [67, 33]],
    ['that do not total 100', aLiveSplit(weighted(3, 1)), [3, 1]],
    ['in another order', aLiveSplit(weighted(80, 20).toReversed()), [80, 20]],
    [
      'of services by their longer names',
      aLiveSplit([
        { service: 'v2.shop.svc', weight: 1 },
        { service: 'v1', weight: 9 },
      ]),
      [9, 1],
    ],
    [
      'that somebody else applied as well, with the same values',
      aLiveSplit(weighted(80, 20), [aClaim('flagger'), aClaim('plumbline')]),
      [80, 20],
    ],
  ])('%s', (_, live, weights) => {
    expect(judgeLiveWeights(SPLIT, live)).toEqual({ type: 'followed', weights })
  })
})

describe('live weights are not followed', () => {
  it.each([
    ['of no split', undefined, 'the split is not in the cluster'],
    ['beyond a bound by a hair', aLiveSplit(weighted(2, 1)), 'v2 has 33.3 % of the weight'],
    ['below a bound', aLiveSplit(weighted(96, 4)), 'its bounds are 5..33 %'],
    [
      'that began from other weights',
      aLiveSplit(weighted(80, 20), undefined, 'v1=1,v2=1'),
      'is "v1=1,v2=1", and the commit declares v1=9,v2=1',
    ],
    [
      'that somebody else set',
      aLiveSplit(weighted(80, 20), [aClaim('flagger', { fieldsV1: {} }), aClaim('helm')]),
      'were set by helm, and the commit hands them to flagger',
    ],
    ['that nobody owns', aLiveSplit(weighted(80, 20), []), 'set by nobody that the cluster knows'],
    [
      'of which the controller owns one only, as where the list merges by key',
      aLiveSplit(weighted(80, 20), [
        aClaim('flagger', {
          fieldsV1: { 'f:spec': { 'f:backends': { 'k:{"service":"v1"}': { 'f:weight': {} } } } },
        }),
      ]),
      'set by nobody that the cluster knows',
    ],
    [
      'that the controller claims by the status alone',
      aLiveSplit(weighted(80, 20), [aClaim('flagger', { subresource: 'status' })]),
      'set by nobody that the cluster knows',
    ],
    ['of text', aLiveSplit(weighted('80', 20)), 'the weight of v1 is "80"'],
    ['below 0', aLiveSplit(weighted(80, -20)), 'the weight of v2 is -20'],
    [
      'that Envoy could not add up',
      aLiveSplit(weighted(8e9, 2e9)),
      'from 0 to 1000000 is expected',
    ],
    ['that are none', aLiveSplit(weighted(0, 0)), 'every weight of it is 0'],
    [
      'of a backend twice',
      aLiveSplit([...weighted(80, 20), ...weighted(1, 1)]),
      'shop/v1, shop/v2,',
    ],
    [
      'of a service of another namespace',
      aLiveSplit([{ service: 'v1.other', weight: 1 }]),
      'other/v1',
    ],
    ['of nothing', aLiveSplit(undefined), 'its backends are none'],
    ['of things that are no backends', aLiveSplit(['v1', 7]), 'names no service'],
  ])('%s', (_, live, reason) => {
    expect(judgeLiveWeights(SPLIT, live)).toEqual({
      type: 'refused',
      reason: expect.stringContaining(reason),
    })
  })
})

function delegated(root: string, backends = ['v1', 'v2']): string {
  const split = JSON.parse(
    aSplit({ service: root, backends: backends.map((service) => ({ service, weight: 1 })) }, root),
  ) as { readonly metadata: object }
  const annotations = { 'plumbline.dev/delegate-weights': 'flagger' }
  return JSON.stringify({ ...split, metadata: { ...split.metadata, annotations } })
}

describe('the mesh with live weights', () => {
  const mesh = compileValid([...ENROLLED, aRouteGroup(), aSplit(), delegated('a'), delegated('b')])
  const liveOf = (weights: Readonly<Record<string, readonly [number, number]>>) =>
    withLiveWeights(mesh, ({ name: split }) => {
      const own = weights[split]
      return own && aLiveSplit(weighted(...own), undefined, 'v1=1,v2=1')
    })
  const sharesOf = ({ splits }: typeof mesh | ReturnType<typeof liveOf>) =>
    Object.fromEntries(
      [...splits].map(([root, own]) => [root, own[0]?.backends.map(({ weight }) => weight)]),
    )

  it('has those of the splits that hand them over', () => {
    expect(sharesOf(liveOf({ web: [8, 2], a: [8, 2] }))).toEqual({
      'shop/a': [8, 2],
      'shop/b': [1, 1],
      'shop/web': [1, 1],
    })
  })

  it('is the commit itself where no weight moved, and the mesh before where none moved since', () => {
    expect(liveOf({})).toBe(mesh)
    expect(liveOf({ a: [1, 1] })).toBe(mesh)
    const moved = liveOf({ a: [8, 2] })
    expect(liveOf({ a: [8, 2] })).toBe(moved)
    const further = liveOf({ a: [8, 2], b: [7, 3] })
    expect(further).not.toBe(moved)
    for (const root of ['a', 'web'].map((text) => toServiceKey(name(text))))
      expect(further.splits.get(root)).toBe(moved.splits.get(root))
    expect(further.grants).toBe(mesh.grants)
    expect(liveOf({})).toBe(mesh)
  })
})

describe('what is desired of a split that hands its weights over', () => {
  const [declared] = toDesiredObjects(compileValid([...ENROLLED, delegated('a')])).filter(
    ({ id }) => id.kind === 'TrafficSplit',
  )
  if (declared === undefined) throw new Error('there is no split')
  const live = aLiveSplit(weighted(8, 2), undefined, 'v1=1,v2=1')

  it('is everything but its backends while they are followed, the same object each time', () => {
    const desired = effectiveObject(declared.object, live)
    expect(desired).toEqual({ ...declared.object, spec: { service: 'a' } })
    expect(
      effectiveObject(declared.object, aLiveSplit(weighted(7, 3), undefined, 'v1=1,v2=1')),
    ).toBe(desired)
  })

  it('is what the commit declares where they are not, and of every other object', () => {
    expect(effectiveObject(declared.object, undefined)).toBe(declared.object)
    for (const { object } of toDesiredObjects(compileValid([...ENROLLED, aSplit()])))
      expect(effectiveObject(object, live)).toBe(object)
  })
})
