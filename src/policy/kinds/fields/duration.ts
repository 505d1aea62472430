/** Durations as Go writes them: `1h30m`, `250ms`. */
import { z } from 'zod'
import type { Ms } from '../../../model/clock.ts'
import type { ProblemText } from '../../problem-at.ts'
import { shorten } from './names.ts'
import { rule } from './rule.ts'

const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g
const WHOLE = /^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/
const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** `undefined` for anything that Go's time.ParseDuration refuses, and for negative spans. */
export function parseDuration(text: string): Ms | undefined {
  if (text === '0') return 0
  if (text.length > 64 || !WHOLE.test(text)) return undefined
  return Array.from(text.matchAll(PART)).reduce(
    (total, [, amount = '', unit = '']) => total + Number(amount) * (MS_PER_UNIT[unit] ?? 0),
    0,
  )
}

/** Bounds in milliseconds, printed as they are written in `atLeast`. */
export function durationField(bounds: { readonly atLeast: string } = { atLeast: '0s' }) {
  const minimum = parseDuration(bounds.atLeast) ?? 0
  return z
    .string()
    .check(rule((text) => judgeDuration(text, minimum, bounds.atLeast)))
    .meta({ pattern: WHOLE.source })
}

function judgeDuration(text: string, minimum: Ms, atLeast: string): ProblemText | undefined {
  const span = parseDuration(text)
  if (span !== undefined && span >= minimum) return undefined
  return {
    code: 'PLB0530',
    message:
      span === undefined
        ? `${JSON.stringify(shorten(text))} is not a duration`
        : `${text} is too short: at least ${atLeast} is expected`,
    fix: 'write numbers with units, as in 24h, 1h30m or 250ms',
  }
}
