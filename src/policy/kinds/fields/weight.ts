/** Weights of a TrafficSplit: whole numbers, or the quantities of v1alpha1 (D11, D21). */
import { z } from 'zod'
import type { ProblemText } from '../../problem-at.ts'
import { shorten } from './names.ts'
import { rule } from './rule.ts'

/** Envoy adds the weights of a route up in 32 bits; a split has far fewer backends than this leaves room for. */
export const MAX_WEIGHT = 1_000_000

export const weightField = z
  .unknown()
  .check(rule(judgeWeight))
  .meta({ type: 'integer', minimum: 0, maximum: MAX_WEIGHT })

function judgeWeight(value: unknown): ProblemText | undefined {
  if (value === undefined) return missing()
  if (isWeight(value)) return undefined
  const asNumber = typeof value === 'string' ? Number(value.trim() || 'x') : value
  return {
    code: 'PLB0520',
    message: `weight is ${shorten(JSON.stringify(value))}, and a whole number from 0 to ${MAX_WEIGHT} is expected`,
    fix: isWeight(asNumber)
      ? `write ${asNumber} without quotes`
      : 'write a whole number; weights need not add up to 100',
  }
}

/** A whole number that a split may give a backend. */
export function isWeight(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_WEIGHT
}

function missing(): ProblemText {
  return { code: 'PLB0311', message: 'weight is missing', fix: 'add weight; 0 sends nothing' }
}

/** v1alpha1 had Kubernetes quantities: `500m` is half of `1`. */
export const quantityField = z
  .unknown()
  .check(rule(judgeQuantity))
  .meta({ anyOf: [{ type: 'number', minimum: 0 }, { type: 'string' }] })

const QUANTITY = /^([0-9]+(?:\.[0-9]+)?)(m|k|)$/
const MILLI_PER_UNIT: Readonly<Record<string, number>> = { m: 1, '': 1000, k: 1_000_000 }

/** In thousandths; `undefined` for anything that is not a whole number of them. */
export function parseQuantity(value: unknown): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const [, amount = '', unit = ''] = QUANTITY.exec(String(value)) ?? []
  if (amount === '') return undefined
  const milli = Math.round(Number(amount) * (MILLI_PER_UNIT[unit] ?? 0) * 1e6) / 1e6
  return Number.isInteger(milli) && milli <= MAX_WEIGHT * 1000 ? milli : undefined
}

function judgeQuantity(value: unknown): ProblemText | undefined {
  if (value === undefined) return missing()
  if (parseQuantity(value) !== undefined) return undefined
  return {
    code: 'PLB0520',
    message: `weight is ${shorten(JSON.stringify(value))}, and a quantity such as 1 or 500m is expected`,
    fix: 'write a quantity in whole thousandths, or use v1alpha4 with whole numbers',
  }
}

/** The smallest whole numbers in the same proportion: 500m and 1500m become 1 and 3 (D21). */
export function toSmallestWeights(quantities: readonly number[]): readonly number[] {
  const divisor = quantities.reduce(greatestCommonDivisor, 0)
  return divisor === 0 ? quantities : quantities.map((quantity) => quantity / divisor)
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
