/** What a drift would have meant, in one line. */
import type { DriftEffect } from '../drift/drift-report.ts'
import { cutText } from './status-text.ts'

const LONGEST = 400

/** `it would have opened bookstore/bookthief → bookstore/bookstore GET; ...`. */
export function printDriftEffect({ opened, closed, traffic, note }: DriftEffect): string {
  const parts = [
    ...(opened.length > 0 ? [`it would have opened ${opened.join(', ')}`] : []),
    ...(closed.length > 0 ? [`it would have closed ${closed.join(', ')}`] : []),
    ...(traffic.length > 0 ? [`it would have moved traffic: ${traffic.join(', ')}`] : []),
    ...(note === undefined ? [] : [note]),
  ]
  return parts.length === 0 ? 'no effect on access' : cutText(parts.join('; '), LONGEST)
}
