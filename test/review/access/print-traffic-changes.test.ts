/** What a review says of traffic that goes elsewhere. */
import { expect, it } from 'vitest'
import { trafficDiff } from '../../../src/policy/access/traffic-diff.ts'
import { printTrafficChanges } from '../../../src/review/access/print-traffic-changes.ts'
import { aNamespace, aRouteGroup, aSplit, ENROLLED } from '../../policy/kinds/documents.ts'
import { compileValid } from '../../support/policy-files.ts'

function linesOf(before: readonly string[], after: readonly string[]): readonly string[] {
  const [had, has] = [before, after].map((documents) =>
    compileValid([...ENROLLED, aRouteGroup(), ...documents]),
  )
  if (had === undefined || has === undefined) throw new Error('there are two')
  return printTrafficChanges(trafficDiff(had, has))
}

function weighted(v1: number, v2: number, bounds?: string): string {
  const backends = [
    { service: 'web-v1', weight: v1 },
    { service: 'web-v2', weight: v2 },
  ]
  const split = JSON.parse(aSplit({ backends })) as { readonly metadata: object }
  const annotations = {
    'plumbline.dev/delegate-weights': 'flagger',
    'plumbline.dev/weight-bounds': bounds,
  }
  return bounds === undefined
    ? JSON.stringify(split)
    : JSON.stringify({ ...split, metadata: { ...split.metadata, annotations } })
}

const EVEN = 'web-v1 50 %, web-v2 50 % of shop/web'

it.each<[string, string[], string[], string[]]>([
  ['nothing of the same weights in other numbers', [weighted(1, 1)], [weighted(50, 50)], []],
  [
    'shares to a tenth of a percent',
    [weighted(1, 1)],
    [weighted(1, 2)],
    [`TrafficSplit shop/web moves from ${EVEN} to web-v1 33.3 %, web-v2 66.7 % of shop/web`],
  ],
  ['a split that begins', [], [weighted(1, 1)], [`TrafficSplit shop/web begins: ${EVEN}`]],
  [
    'a split that ends',
    [weighted(1, 1)],
    [],
    [`TrafficSplit shop/web ends: shop/web answers for itself, and not ${EVEN}`],
  ],
  [
    'a split that splits other requests',
    [aSplit()],
    [aSplit({ matches: [{ kind: 'HTTPRouteGroup', name: 'routes' }] })],
    ['TrafficSplit shop/web splits other requests than before'],
  ],
  [
    'weights that are handed over, and how far',
    [weighted(1, 1)],
    [weighted(1, 1, 'web-v2=0..50')],
    ['TrafficSplit shop/web hands its weights to flagger within web-v1 0..100 %, web-v2 0..50 %'],
  ],
  [
    'wider bounds',
    [weighted(1, 1, 'web-v2=0..50')],
    [weighted(1, 1, 'web-v2=0..60')],
    ['TrafficSplit shop/web hands its weights to flagger within web-v1 0..100 %, web-v2 0..60 %'],
  ],
  [
    'weights that are taken back, and moved',
    [weighted(1, 1, 'web-v2=0..50')],
    [weighted(1, 0)],
    [
      `TrafficSplit shop/web moves from ${EVEN} to web-v1 100 %, web-v2 0 % of shop/web, and takes its weights back from flagger`,
    ],
  ],
  [
    'namespaces that enter and leave the mesh',
    [aNamespace('new', { 'openservicemesh.io/ignore': 'true' }), aNamespace('old')],
    [aNamespace('new')],
    ['namespace new enters the mesh', 'namespace old leaves the mesh'],
  ],
])('says %s', (_, before, after, lines) => {
  expect(linesOf(before, after)).toEqual(lines)
})
