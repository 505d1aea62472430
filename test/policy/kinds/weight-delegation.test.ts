/** What a TrafficSplit hands over to a controller, and how far. */
import { describe, expect, it } from 'vitest'
import { accountsByCustom } from '../../../src/policy/access/accounts-behind.ts'
import { compile, compileValid } from '../../support/policy-files.ts'
import { ENROLLED } from './documents.ts'

const MANAGER = 'plumbline.dev/delegate-weights'
const BOUNDS = 'plumbline.dev/weight-bounds'

function aDelegatedSplit(annotations: Readonly<Record<string, string>>, weights = [90, 10]) {
  return JSON.stringify({
    apiVersion: 'split.smi-spec.io/v1alpha4',
    kind: 'TrafficSplit',
    metadata: { name: 'web', namespace: 'shop', annotations },
    spec: {
      service: 'web',
      backends: weights.map((weight, index) => ({ service: `web-v${index + 1}`, weight })),
    },
  })
}

function handedOver(bounds?: string, weights?: number[], manager = 'flagger'): string {
  return aDelegatedSplit({ [MANAGER]: manager, ...(bounds && { [BOUNDS]: bounds }) }, weights)
}

function splitOf(document: string) {
  const [split] = [...compileValid([...ENROLLED, document]).splits.values()].flat()
  return split
}

function problemsOf(document: string) {
  return compile([...ENROLLED, document]).problems.map(({ code, message, fix, path }) => ({
    code,
    text: `${message}; ${fix}`,
    path,
  }))
}

describe('a TrafficSplit that delegates its weights', () => {
  it('names the field manager, and bounds each backend in the order of the backends', () => {
    expect(splitOf(handedOver('web-v2 = 0..50 , web-v1.shop=50..100'))?.delegation).toEqual({
      manager: 'flagger',
      bounds: [
        { service: { namespace: 'shop', name: 'web-v1' }, lower: 50, upper: 100 },
        { service: { namespace: 'shop', name: 'web-v2' }, lower: 0, upper: 50 },
      ],
    })
  })

  it('leaves a backend that it does not name every part of the total', () => {
    const bounds = splitOf(handedOver())?.delegation?.bounds
    expect(bounds?.map(({ lower, upper }) => [lower, upper])).toEqual([
      [0, 100],
      [0, 100],
    ])
  })

  it.each([
    [
      [90, 10],
      [9, 1],
    ],
    [
      [0, 5],
      [0, 1],
    ],
  ])('is applied with the weights %j that it begins from, normalised', (weights, shares) => {
    const { objects } = compileValid([...ENROLLED, handedOver(undefined, weights)])
    const applied = objects.find(({ id }) => id.kind === 'TrafficSplit')?.object
    expect(applied?.metadata.annotations).toEqual({
      [MANAGER]: 'flagger',
      'plumbline.dev/declared-weights': `web-v1=${shares[0]},web-v2=${shares[1]}`,
    })
  })

  it('is applied as written where it delegates nothing', () => {
    const { objects } = compileValid([...ENROLLED, aDelegatedSplit({ note: 'x' })])
    const applied = objects.find(({ id }) => id.kind === 'TrafficSplit')?.object
    expect(applied?.metadata.annotations).toEqual({ note: 'x' })
  })

  it.each([
    ['no manager', aDelegatedSplit({ [BOUNDS]: 'web-v2=0..50' }), 'PLB0525', BOUNDS],
    ['an empty manager', handedOver(undefined, undefined, ' '), 'PLB0525', MANAGER],
    ['our own manager', handedOver(undefined, undefined, 'plumbline'), 'PLB0525', MANAGER],
    ['a bound of another form', handedOver('web-v2=0-50'), 'PLB0525', BOUNDS],
    ['a fraction', handedOver('web-v2=0..0.5'), 'PLB0525', BOUNDS],
    ['a comma too many', handedOver('web-v2=0..50,'), 'PLB0525', BOUNDS],
    ['an unknown backend', handedOver('web-v3=0..50'), 'PLB0526', BOUNDS],
    ['a backend of another namespace', handedOver('web-v2.web=0..50'), 'PLB0526', BOUNDS],
    ['a backend twice', handedOver('web-v2=0..50,web-v2.shop=0..40'), 'PLB0526', BOUNDS],
    ['bounds the wrong way round', handedOver('web-v2=50..0'), 'PLB0527', BOUNDS],
    ['more than everything', handedOver('web-v2=0..101'), 'PLB0527', BOUNDS],
    ['lower bounds beyond 100', handedOver('web-v1=60..90,web-v2=50..60'), 'PLB0527', BOUNDS],
    ['upper bounds below 100', handedOver('web-v1=0..40,web-v2=0..50'), 'PLB0527', BOUNDS],
    ['declared weights outside', handedOver('web-v2=20..50'), 'PLB0528', BOUNDS],
    ['a third outside 34..100', handedOver('web-v1=34..100', [1, 2]), 'PLB0528', BOUNDS],
    ['a third outside 0..33', handedOver('web-v1=0..33', [1, 2]), 'PLB0528', BOUNDS],
  ])('with %s is a problem at its annotation', (_, document, code, annotation) => {
    expect(problemsOf(document)).toMatchObject([
      { code, path: `metadata.annotations["${annotation}"]` },
    ])
  })

  it.each([
    ['web-v22=0..50', 'write web-v2'],
    ['web-v2=50..0', 'write 0..50'],
    ['web-v1=0..40,web-v2=0..50', 'the upper ones total 90 %'],
    ['web-v1=60..90,web-v2=50..60', 'the lower ones total 110 %'],
    ['web-v2=20..50', 'web-v2 has 10 % of the weight, and its bounds are 20..50 %'],
  ])('says of %s how to mend it', (bounds, text) => {
    expect(problemsOf(handedOver(bounds))[0]?.text).toContain(text)
  })

  it('has one problem when its weights total 0, and not another about bounds', () => {
    expect(problemsOf(handedOver('web-v2=20..50', [0, 0])).map(({ code }) => code)).toEqual([
      'PLB0521',
    ])
  })

  it('is answered for by every backend that the bounds let have traffic, whatever its weight now', () => {
    const behind = (document: string) =>
      accountsByCustom(compileValid([...ENROLLED, document]))({ namespace: 'shop', name: 'web' })
        .map(({ name }) => name)
        .sort()
    expect(behind(aDelegatedSplit({}, [1, 0]))).toEqual(['web-v1'])
    expect(behind(handedOver('web-v2=0..50', [1, 0]))).toEqual(['web-v1', 'web-v2'])
    expect(behind(handedOver('web-v2=0..0', [1, 0]))).toEqual(['web-v1'])
    // What the other must have at least leaves nothing.
    expect(behind(handedOver('web-v1=100..100,web-v2=0..50', [1, 0]))).toEqual(['web-v1'])
  })
})
