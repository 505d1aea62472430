/** Columns as kubectl prints them: padded, three blanks between, no lines. */

export interface Cell {
  readonly text: string
  /** Colours what is printed; it does not change its width. */
  readonly style?: ((text: string) => string) | undefined
}

export interface ColumnsOptions {
  /** The longest line; the text of `shortened` gives way to it. No limit when absent. */
  readonly width?: number | undefined
  /** Index of a column. */
  readonly shortened?: number
  /** Of rows that were printed before, which these stand below. */
  readonly least?: readonly number[]
}

export interface Columns {
  /** One line a row, each ended by a line feed. */
  readonly text: string
  readonly widths: readonly number[]
}

const GAP = 3
/** Below this a text says nothing any more, and the line gets longer instead. */
const SHORTEST = 20

export function printColumns(
  rows: readonly (readonly Cell[])[],
  { width, shortened = -1, least = [] }: ColumnsOptions = {},
): Columns {
  const widths = columnWidths(rows, least)
  if (width !== undefined && shortened in widths) {
    const line = widths.reduce((sum, one) => sum + one + GAP, -GAP)
    const room = (widths[shortened] ?? 0) - Math.max(0, line - width)
    widths[shortened] = Math.min(widths[shortened] ?? 0, Math.max(SHORTEST, room))
  }
  return { text: rows.map((row) => `${printRow(row, widths)}\n`).join(''), widths }
}

function columnWidths(rows: readonly (readonly Cell[])[], least: readonly number[]): number[] {
  const widths = [...least]
  for (const row of rows)
    for (const [index, { text }] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, lengthOf(text))
  return widths
}

function printRow(row: readonly Cell[], widths: readonly number[]): string {
  const cells = row.map(({ text, style }, index) => {
    const width = widths[index] ?? 0
    const shown = cut(text, width)
    const padding = index === row.length - 1 ? '' : ' '.repeat(width - lengthOf(shown) + GAP)
    return `${style === undefined || shown === '' ? shown : style(shown)}${padding}`
  })
  return cells.join('').trimEnd()
}

function cut(text: string, width: number): string {
  return lengthOf(text) > width ? `${[...text].slice(0, width - 1).join('')}…` : text
}

/** In code points: an emoji is one. */
function lengthOf(text: string): number {
  return [...text].length
}
