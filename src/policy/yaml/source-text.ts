/** The text of one file, and lines and columns for offsets into it. */
import type { SourceLocation } from '../../model/source-location.ts'

export class SourceText {
  readonly file: string
  readonly text: string
  #lineStarts: readonly number[] | undefined

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
  }

  /** The table of lines is made when a location is first asked for: most files are never asked. */
  locate(offset: number): SourceLocation {
    this.#lineStarts ??= findLineStarts(this.text)
    const index = lastAtOrBefore(this.#lineStarts, offset)
    const lineStart = this.#lineStarts[index] ?? 0
    return { file: this.file, line: index + 1, column: Math.max(0, offset - lineStart) + 1 }
  }
}

/** Lines end with LF, CRLF or CR (YAML 1.2.2, 5.4). */
function findLineStarts(text: string): readonly number[] {
  const starts = [0]
  const hasReturns = text.includes('\r')
  for (let at = 0; at < text.length; at++) {
    if (hasReturns && text[at] === '\r') {
      if (text[at + 1] !== '\n') starts.push(at + 1)
      continue
    }
    if (!hasReturns) {
      at = text.indexOf('\n', at)
      if (at < 0) break
    }
    if (text[at] === '\n') starts.push(at + 1)
  }
  return starts
}

function lastAtOrBefore(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((sorted[middle] ?? 0) <= value) low = middle
    else high = middle - 1
  }
  return low
}
