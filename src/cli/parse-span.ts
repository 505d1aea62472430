/** Spans of time as flags write them. */
import type { Ms } from '../model/clock.ts'
import { parseSpan as readSpan } from '../model/span.ts'
import { UsageError } from './exit-code.ts'

/** Reads `90s`, `2h`, `1h30m`. Throws UsageError, which names the flag. */
export function parseSpan(flag: string, text: string): Ms {
  const span = readSpan(text) ?? 0
  if (span > 0) return span
  throw new UsageError(
    `${flag} is ${JSON.stringify(text)}; write a span longer than nothing, such as 90s, 30m, 2h or 1h30m`,
  )
}
