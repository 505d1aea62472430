/** Prints MeshRepositories in one of the formats of `plumb get`, and what changes of them afterwards. */
import { dump } from 'js-yaml'
import type { Clock } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { TextStyles } from '../../review/problems/problems-text.ts'
import { type Cell, printColumns } from './print-columns.ts'
import { printRepository } from './repository-page.ts'
import { MESSAGE_COLUMN, tableHead, tableRow } from './repository-table.ts'
import { type RepositoryView, toRepositoryView } from './repository-view.ts'
import { stationNews } from './station-news.ts'

export const GET_FORMATS = ['table', 'wide', 'json', 'yaml'] as const

export type RepositoryFormat = (typeof GET_FORMATS)[number] | 'page'

export interface RepositoryPrinter {
  /** All of them, at the beginning. */
  readonly all: (objects: readonly KubernetesObject[]) => string
  /** One that has changed since; empty when there is nothing to tell. */
  readonly changed: (object: KubernetesObject) => string
}

export interface PrinterOptions {
  readonly format: RepositoryFormat
  /** Whether one was asked for by name: data is then the object, and not a list. */
  readonly isOne: boolean
  readonly clock: Clock
  readonly styles: TextStyles
  /** Columns of the terminal; no limit when absent. */
  readonly width?: number | undefined
}

export function repositoryPrinter(options: PrinterOptions): RepositoryPrinter {
  switch (options.format) {
    case 'table':
    case 'wide':
      return tablePrinter(options)
    case 'page':
      return pagePrinter(options)
    case 'json':
      return dataPrinter(options, (value) => `${JSON.stringify(value, null, 2)}\n`, '')
    case 'yaml':
      return dataPrinter(options, (value) => dump(value), '---\n')
  }
}

/** Rows of changes stand below those before, as wide as those. */
function tablePrinter({ format, clock, styles, width }: PrinterOptions): RepositoryPrinter {
  const wide = format === 'wide'
  let least: readonly number[] = []
  const print = (rows: readonly (readonly Cell[])[]): string => {
    // Whoever asks for the wide table wants all of it.
    const limit = wide ? {} : { width, shortened: MESSAGE_COLUMN }
    const { text, widths } = printColumns(rows, { ...limit, least })
    least = widths
    return text
  }
  const toRow = (object: KubernetesObject): readonly Cell[] =>
    tableRow(toRepositoryView(object), { wide, styles, now: clock.now() })
  return {
    all: (objects) => {
      const head = tableHead({ wide, styles, now: clock.now() })
      return objects.length === 0 ? '' : print([head, ...objects.map(toRow)])
    },
    changed: (object) => print([toRow(object)]),
  }
}

function pagePrinter({ clock, styles, width }: PrinterOptions): RepositoryPrinter {
  const last = new Map<string, RepositoryView>()
  const toPage = (object: KubernetesObject): string => {
    const view = toRepositoryView(object)
    last.set(view.name, view)
    return printRepository(view, { now: clock.now(), styles, width })
  }
  return {
    all: (objects) => objects.map(toPage).join('\n'),
    changed: (object) => {
      const view = toRepositoryView(object)
      const before = last.get(view.name)
      if (before === undefined) return toPage(object)
      last.set(view.name, view)
      const time = styles.quiet(new Date(clock.now()).toTimeString().slice(0, 8))
      return changes(before, view)
        .map((line) => `${time}  ${line}\n`)
        .join('')
    },
  }
}

function changes(before: RepositoryView, after: RepositoryView): readonly string[] {
  const { status, message } = after.ready
  const isNews = status !== before.ready.status || message !== before.ready.message
  const ready = isNews ? [`ready      ${status}: ${message}`] : []
  return [...new Set([...stationNews(before, after), ...ready])]
}

function dataPrinter(
  { isOne }: PrinterOptions,
  print: (value: unknown) => string,
  between: string,
): RepositoryPrinter {
  return {
    all: (objects) => {
      const items = objects.map(withoutOwnership)
      return print(isOne ? items[0] : { apiVersion: 'v1', kind: 'List', items })
    },
    changed: (object) => between + print(withoutOwnership(object)),
  }
}

/** As kubectl leaves it out: it is longer than all the rest, and says nothing of the repository. */
function withoutOwnership(object: KubernetesObject): KubernetesObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
