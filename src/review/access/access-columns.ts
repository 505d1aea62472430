/** Rows of the access relation as columns of text: for the table and for CSV. */
import type { AccessRow } from '../../policy/access/access-rows.ts'

export const ACCESS_COLUMNS = ['from', 'to', 'port', 'what', 'headers', 'granted at'] as const

export function toAccessColumns(row: AccessRow): readonly string[] {
  return [
    row.source,
    row.destination,
    row.port === undefined ? '' : String(row.port),
    printWhat(row),
    row.type === 'http' ? printHeaders(row.headers) : '',
    row.location === undefined ? '' : `${row.location.file}:${row.location.line}`,
  ]
}

function printWhat(row: AccessRow): string {
  switch (row.type) {
    case 'open':
      return 'everything'
    case 'http':
      return `${row.methods.join(', ')} ${row.path}`
    case 'outside':
      return row.what
    case 'tcp':
      return row.ports === 'any' ? 'every TCP port' : `TCP ${row.ports.join(', ')}`
  }
}

function printHeaders(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('; ')
}
