/** The small functions that everything shares. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byCodeUnit } from '../../src/model/by-code-unit.ts'
import { canonicalJson } from '../../src/model/canonical-json.ts'
import { nearestName } from '../../src/model/nearest-name.ts'
import { printObjectId, toApiVersion, toObjectId, toObjectKey } from '../../src/model/object-id.ts'

describe('canonical JSON', () => {
  it('is the same text for equal values, whatever the order of their members', () => {
    expect(canonicalJson({ b: 1, a: { d: [2, { f: 3, e: 4 }], c: undefined } })).toBe(
      '{"a":{"d":[2,{"e":4,"f":3}]},"b":1}',
    )
  })

  it('is read back as the value', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const value: unknown = JSON.parse(json)
        expect(JSON.parse(canonicalJson(value))).toEqual(value)
      }),
    )
  })
})

describe('order by code unit', () => {
  it('is the order of JavaScript’s own sort, whatever the machine’s language', () => {
    const names = ['b', 'B', 'a', 'ä', 'a.b', 'a-b', '']
    expect([...names].sort(byCodeUnit)).toEqual([...names].sort())
  })
})

describe('the nearest name', () => {
  it.each([
    ['pathRegexp', ['name', 'pathRegex', 'methods'], 'pathRegex'],
    ['book-bought', ['buy-a-book', 'books-bought'], 'books-bought'],
    ['get', ['GET', 'PUT'], undefined],
    ['bookstore', ['bookwarehouse'], undefined],
    ['a', ['b', 'c'], 'b'],
    ['x', [], undefined],
  ])('to %s among %j is %s', (name, candidates, nearest) => {
    expect(nearestName(name, candidates)).toBe(nearest)
  })
})

describe('an object id', () => {
  const grant = toObjectId({
    apiVersion: 'access.smi-spec.io/v1alpha3',
    kind: 'TrafficTarget',
    metadata: { namespace: 'bookstore', name: 'bookbuyer' },
  })

  it('has a key that does not depend on the version it is read at', () => {
    expect(toObjectKey(grant)).toBe(toObjectKey({ ...grant, version: 'v1alpha1' } as typeof grant))
  })

  it('is printed as people name objects', () => {
    const namespace = toObjectId({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } })
    expect([printObjectId(grant), printObjectId(namespace)]).toEqual([
      'TrafficTarget bookstore/bookbuyer',
      'Namespace a',
    ])
    expect([toApiVersion(grant), toApiVersion(namespace)]).toEqual([
      'access.smi-spec.io/v1alpha3',
      'v1',
    ])
  })
})
