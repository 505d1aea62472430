/** D21: the quantities of TrafficSplit v1alpha1, brought to whole numbers. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseQuantity, toSmallestWeights } from '../../../../src/policy/kinds/fields/weight.ts'

describe('a quantity', () => {
  it.each([
    [1, 1000],
    ['1', 1000],
    ['1000m', 1000],
    ['500m', 500],
    [0.5, 500],
    ['0.25', 250],
    ['1k', 1_000_000],
    [0, 0],
    ['0m', 0],
  ])('%j is %d thousandths', (quantity, milli) => {
    expect(parseQuantity(quantity)).toBe(milli)
  })

  it.each([-1, '-1', '0.5m', '1e3', '1Ki', '', ' 1', Number.NaN, Infinity, 1e30, null, true, {}])(
    '%j is none',
    (quantity) => {
      expect(parseQuantity(quantity)).toBeUndefined()
    },
  )
})

describe('the smallest weights', () => {
  it.each([
    [
      [900, 100],
      [9, 1],
    ],
    [
      [95_000, 5000],
      [19, 1],
    ],
    [
      [500, 1500],
      [1, 3],
    ],
    [
      [0, 1000],
      [0, 1],
    ],
    [
      [0, 0],
      [0, 0],
    ],
    [[7], [1]],
  ])('of %j are %j', (quantities, weights) => {
    expect(toSmallestWeights(quantities)).toEqual(weights)
  })

  it('keep the proportion, and have no common divisor', () => {
    const quantities = fc.array(fc.nat(10_000), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(quantities, (given) => {
        const weights = toSmallestWeights(given)
        given.forEach((a, i) => {
          given.forEach((b, j) => {
            expect(a * (weights[j] ?? 0)).toBe(b * (weights[i] ?? 0))
          })
        })
        if (given.some((quantity) => quantity > 0))
          expect(toSmallestWeights(weights)).toEqual(weights)
      }),
    )
  })
})
