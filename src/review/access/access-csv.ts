import type { AccessRow } from '../../policy/access/access-rows.ts'
import { ACCESS_COLUMNS, toAccessColumns } from './access-columns.ts'

/** RFC 4180, with a header line. A cell that a spreadsheet would run as a formula gets a quote in front. */
export function printAccessCsv(rows: readonly AccessRow[]): string {
  return [ACCESS_COLUMNS, ...rows.map(toAccessColumns)]
    .map((cells) => `${cells.map(printCell).join(',')}\r\n`)
    .join('')
}

function printCell(cell: string): string {
  const inert = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}
