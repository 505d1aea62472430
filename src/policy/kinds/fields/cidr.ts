/** IPv4 and IPv6 address ranges. */
import { z } from 'zod'
import type { ProblemText } from '../../problem-at.ts'
import { shorten } from './names.ts'
import { rule } from './rule.ts'

const V4 = z.cidrv4()
const V6 = z.cidrv6()

export function judgeCidr(text: string): ProblemText | undefined {
  if (V4.safeParse(text).success || V6.safeParse(text).success) return undefined
  return {
    code: 'PLB0531',
    message: `${JSON.stringify(shorten(text))} is not an address range in CIDR form`,
    fix: text.includes('/')
      ? 'write one such as 10.0.0.0/8'
      : `write ${shorten(text)}/32 for one address`,
  }
}

/** Redirection and Envoy's prefix ranges in this mesh are IPv4. */
export function judgeCidrV4(text: string): ProblemText | undefined {
  if (V4.safeParse(text).success) return undefined
  return {
    code: 'PLB0531',
    message: `${JSON.stringify(shorten(text))} is not an IPv4 address range in CIDR form`,
    fix: /^[0-9.]+$/.test(text)
      ? `write ${text}/32 for one address`
      : 'write one such as 10.0.0.0/8',
  }
}

export const cidrV4 = z.string().check(rule(judgeCidrV4)).meta({ format: 'cidrv4' })
