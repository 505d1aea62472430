/** Cuts a YAML stream at its document markers, so that a mistake in one document leaves the others readable. */

export interface Chunk {
  /** Offset of `text` in the file. */
  readonly start: number
  readonly text: string
}

// A marker at the start of a line ends a document whatever it stands in: no scalar may hold one there
// (YAML 1.2.2, rule 206, c-forbidden). Lines end with LF or CR only, which `^` under the `m` flag would not respect.
const MARKER = /(?:^|[\n\r])(---|\.\.\.)(?=[ \t\r\n]|$)/g

/** A chunk begins at `---` or after `...`. Directives stay with the document they precede. */
export function splitDocuments(text: string): readonly Chunk[] {
  const chunks: Chunk[] = []
  let start = 0
  const cut = (end: number) => {
    if (end > start) chunks.push({ start, text: text.slice(start, end) })
    start = end
  }
  for (const match of text.matchAll(MARKER)) {
    const marker = match.index + match[0].length - 3
    if (match[1] === '...') cut(endOfLine(text, marker))
    else if (!isDirectivePrelude(text, start, marker)) cut(marker)
  }
  cut(text.length)
  return chunks
}

function endOfLine(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\n') return at + 1
    if (text[at] === '\r') return text[at + 1] === '\n' ? at + 2 : at + 1
  }
  return text.length
}

/** Nothing but directives, comments and blank lines, with one directive at least. */
function isDirectivePrelude(text: string, start: number, end: number): boolean {
  const prelude = text.slice(start, end)
  if (!prelude.includes('%')) return false
  const lines = prelude.split(/[\n\r]/)
  return (
    lines.some((line) => line.startsWith('%')) &&
    lines.every((line) => line.startsWith('%') || line.trim() === '' || line.trim().startsWith('#'))
  )
}
