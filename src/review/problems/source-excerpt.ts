/** One line of a file with a mark under the column, no wider than a terminal. */
import { printableText } from './printable-text.ts'

/** Of a file, never more than this much of one line is shown. */
const MAX_WIDTH = 80

export interface SourceExcerpt {
  readonly line: string
  /** Characters before the one that is marked. */
  readonly markAt: number
}

/** `column` counts from 1. A long line is cut around it. */
export function excerptOf(line: string, column: number): SourceExcerpt {
  const at = Math.min(column - 1, line.length)
  const start = line.length <= MAX_WIDTH ? 0 : Math.max(0, at - MAX_WIDTH / 2)
  const shown = line.slice(start, start + MAX_WIDTH).trimEnd()
  const cutBefore = start > 0 ? '…' : ''
  const cutAfter = start + MAX_WIDTH < line.length ? '…' : ''
  return {
    line: cutBefore + printableText(shown) + cutAfter,
    markAt: cutBefore.length + printableText(line.slice(start, at)).length,
  }
}
