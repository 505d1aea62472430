/** Spans of time as people write them. */
import type { Ms } from './clock.ts'

const UNITS: Readonly<Record<string, Ms>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Reads `90s`, `2h`, `1h30m`; `undefined` for anything else. */
export function parseSpan(text: string): Ms | undefined {
  if (!/^(?:\d+(?:ms|s|m|h|d))+$/.test(text)) return undefined
  let span = 0
  for (const [, digits, unit = ''] of text.matchAll(/(\d+)(ms|s|m|h|d)/g))
    span += Number(digits) * (UNITS[unit] ?? 0)
  return span
}
