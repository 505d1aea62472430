/** MeshRepositories as rows of a table, in the columns that `kubectl get` shows them in. */
import type { Instant } from '../../model/clock.ts'
import { shortSha } from '../../reconciler/repositories/status-text.ts'
import type { TextStyles } from '../../review/problems/problems-text.ts'
import { printAge } from './print-age.ts'
import type { Cell } from './print-columns.ts'
import { readyStyle } from './ready-style.ts'
import type { RepositoryView } from './repository-view.ts'

const COLUMNS = ['NAME', 'READY', 'COMMIT', 'ENFORCED', 'MESSAGE', 'AGE'] as const
const WIDE_COLUMNS = [...COLUMNS, 'URL', 'REF', 'SUSPENDED', 'PINNED', 'OBJECTS'] as const

/** The column whose text may be cut. */
export const MESSAGE_COLUMN = COLUMNS.indexOf('MESSAGE')

export interface TableOptions {
  readonly wide: boolean
  readonly now: Instant
  readonly styles: TextStyles
}

export function tableHead({ wide, styles }: TableOptions): readonly Cell[] {
  return (wide ? WIDE_COLUMNS : COLUMNS).map((text) => ({ text, style: styles.quiet }))
}

export function tableRow(view: RepositoryView, options: TableOptions): readonly Cell[] {
  const { status, ready } = view
  const cells: readonly Cell[] = [
    { text: view.name },
    { text: ready.status, style: readyStyle(ready.status, options.styles) },
    { text: shortCommit(status.commit) },
    { text: status.enforced.summary || '-' },
    { text: ready.message },
    { text: printAge(view.createdAt, options.now) },
  ]
  return options.wide ? [...cells, ...wideCells(view)] : cells
}

function wideCells({ url, ref, isSuspended, pin, status }: RepositoryView): readonly Cell[] {
  const pinned = status.pin?.state === 'Over' ? undefined : pin?.commit
  const texts = [url, ref, String(isSuspended), shortCommit(pinned)]
  return [...texts, String(status.inventory?.objects ?? '-')].map((text) => ({ text }))
}

function shortCommit(commit: string | undefined): string {
  return commit === undefined ? '-' : shortSha(commit)
}
