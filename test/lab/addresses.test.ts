import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clusterAddresses, podAddress } from '../../src/lab/addresses.ts'

describe('podAddress', () => {
  it('counts up from behind the gateway, over the end of an octet', () => {
    expect([0, 1, 253, 254].map(podAddress)).toEqual([
      '198.18.0.2',
      '198.18.0.3',
      '198.18.0.255',
      '198.18.1.0',
    ])
  })

  it('gives out no broadcast address', () => {
    expect(podAddress(65_532)).toBe('198.18.255.254')
    expect(() => podAddress(65_533)).toThrow(RangeError)
  })
})

describe('clusterAddresses', () => {
  it('gives every name an address of its own, whatever the order of the names', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 200 }), (names) => {
        const addresses = clusterAddresses(names)
        expect(new Set(addresses.values()).size).toBe(names.length)
        expect(clusterAddresses(names.toReversed())).toEqual(addresses)
        expect([...addresses.values()].every((one) => /^198\.19\.\d+\.\d+$/.test(one))).toBe(true)
        expect([...addresses.values()]).not.toContain('198.19.0.0')
      }),
    )
  })

  it('keeps an address when another service comes', () => {
    const before = clusterAddresses(['shop/front'])
    expect(clusterAddresses(['shop/back', 'shop/front']).get('shop/front')).toBe(
      before.get('shop/front'),
    )
  })
})
