import type { Instant } from '../../model/clock.ts'
import { printSpan } from './print-span.ts'

/** How long ago the RFC 3339 moment is, in kubectl's form (`14s`, `5m`, `3h`, `2d`); `-` for none. */
export function printAge(moment: string | undefined, now: Instant): string {
  const at = Date.parse(moment ?? '')
  return Number.isNaN(at) ? '-' : printSpan(Math.max(0, now - at))
}
