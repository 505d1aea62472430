/** Spans of time as flags write them. */
import type { Ms } from '../model/clock.ts'
import { UsageError } from './exit-code.ts'

const UNITS: Readonly<Record<string, Ms>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Reads `90s`, `2h`, `1h30m`. Throws UsageError, which names the flag. */
export function parseSpan(flag: string, text: string): Ms {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)]
  const span = parts.reduce(
    (sum, [, digits, unit = '']) => sum + Number(digits) * (UNITS[unit] ?? 0),
    0,
  )
  if (parts.map(([part]) => part).join('') === text && span > 0) return span
  throw new UsageError(
    `${flag} is ${JSON.stringify(text)}; write a span longer than nothing, such as 90s, 30m, 2h or 1h30m`,
  )
}
