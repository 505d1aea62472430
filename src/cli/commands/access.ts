/** `plumb access`: who may call what, as a table, as data or as a picture. */

import Table from 'cli-table3'
import { Command, Option } from 'commander'
import { type AccessRow, accessRows } from '../../policy/access/access-rows.ts'
import { ACCESS_COLUMNS, toAccessColumns } from '../../review/access/access-columns.ts'
import { printAccessCsv } from '../../review/access/access-csv.ts'
import { printAccessDot } from '../../review/access/access-dot.ts'
import { toAccessGraph } from '../../review/access/access-graph.ts'
import { printAccessSvg } from '../../review/access/access-svg.ts'
import { loadAccess } from '../access/load-access.ts'
import { wantsColour } from '../wants-colour.ts'

const FORMATS = ['table', 'json', 'csv', 'dot', 'svg'] as const
type Format = (typeof FORMATS)[number]

interface AccessFlags {
  readonly ref?: string
  readonly from?: string
  readonly to?: string
  readonly output: Format
}

export function accessCommand(): Command {
  return new Command('access')
    .description(
      'show who may call what: every grant of a policy repository and the line it stands on',
    )
    .argument('[path]', 'a folder, a file, or the URL of a repository', '.')
    .option('--ref <ref>', 'a branch, tag or commit instead of the files on disk')
    .option('--from <who>', 'only this NAMESPACE or NAMESPACE/SERVICEACCOUNT calls')
    .option('--to <whom>', 'only this NAMESPACE or NAMESPACE/SERVICEACCOUNT is called')
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(FORMATS).default('table'),
    )
    .action(async (target: string, flags: AccessFlags) => {
      const { ref, from, to, output } = flags
      const { context } = await loadAccess({ target, ...(ref !== undefined && { ref }) })
      const rows = accessRows(context.relation).filter(
        (row) => names(row.source, from) && names(row.destination, to),
      )
      process.stdout.write(print(rows, output))
    })
}

/** Rows about everybody concern whoever is asked about. */
function names(subject: string, wanted: string | undefined): boolean {
  if (wanted === undefined || subject === wanted || subject === '*') return true
  const [namespace = '', name] = subject.split('/')
  return wanted === namespace || (name === '*' && wanted.startsWith(`${namespace}/`))
}

function print(rows: readonly AccessRow[], format: Format): string {
  switch (format) {
    case 'table':
      return printTable(rows)
    case 'json':
      return `${JSON.stringify(rows, null, 2)}\n`
    case 'csv':
      return printAccessCsv(rows)
    case 'dot':
      return printAccessDot(toAccessGraph(rows))
    case 'svg':
      return printAccessSvg(toAccessGraph(rows))
  }
}

function printTable(rows: readonly AccessRow[]): string {
  if (rows.length === 0) return 'no rule allows any call of these\n'
  const columns = rows.map(toAccessColumns)
  // Columns that say nothing are left out: most repositories have neither ports nor headers in their grants.
  const used = ACCESS_COLUMNS.map((_, index) => columns.some((cells) => cells[index] !== ''))
  const pick = (cells: readonly string[]) => cells.filter((_, index) => used[index])
  const table = new Table({
    head: pick(ACCESS_COLUMNS),
    style: wantsColour(process.stdout) ? {} : { head: [], border: [] },
  })
  for (const cells of columns) table.push(pick(cells))
  return `${table.toString()}\n`
}
