/** One MeshRepository in full, for a person: what it is at, what stopped it, who changed what, and what it was at before. */
import type { Instant } from '../../model/clock.ts'
import type {
  DriftEntry,
  HistoryEntry,
  StationStatus,
  StatusError,
} from '../../reconciler/repositories/repository-status.ts'
import type { TextStyles } from '../../review/problems/problems-text.ts'
import { printAge } from './print-age.ts'
import { type Cell, printColumns } from './print-columns.ts'
import { printSpan } from './print-span.ts'
import { readyStyle } from './ready-style.ts'
import { repositoryErrors } from './repository-errors.ts'
import type { RepositoryView } from './repository-view.ts'
import { printAcks } from './station-news.ts'

export interface PageOptions {
  readonly now: Instant
  readonly styles: TextStyles
  /** Of the terminal; no limit when absent. */
  readonly width?: number | undefined
}

export function printRepository(view: RepositoryView, options: PageOptions): string {
  const sections = [
    head(view, options),
    stations(view, options),
    drifts(view, options),
    history(view, options),
  ]
  return sections.filter((text) => text !== '').join('\n')
}

function head(view: RepositoryView, { styles, now }: PageOptions): string {
  const { name, url, ref, path, ready, reason, status } = view
  const style = readyStyle(ready.status, styles)
  const where = [url, ref, ...(path === '' ? [] : [path])].join('  ')
  const lines = [
    `${styles.file(name)}  ${where}`,
    `ready       ${style(ready.status)}${reason === undefined ? '' : `, ${reason}`}: ${ready.message}`,
    ...(view.isSeen || status.conditions.length === 0
      ? []
      : [
          `            ${styles.warning('the spec has been changed since, and nobody has looked at it yet')}`,
        ]),
    ...(view.isSuspended ? [`suspended   ${view.suspendReason ?? 'no reason was given'}`] : []),
    ...pinLines(view, now),
    `objects     ${status.inventory?.objects ?? '-'}`,
    `proxies     ${status.proxies.connected} of ${status.proxies.known} connected`,
  ]
  return `${lines.join('\n')}\n`
}

function pinLines({ pin, status, ref }: RepositoryView, now: Instant): readonly string[] {
  if (pin === undefined) return []
  const { commit, insteadOf, reason, expiresAt } = pin
  const why = reason === undefined ? '' : ` (${reason})`
  const instead = `pinned      ${commit.slice(0, 12)} in place of ${insteadOf.slice(0, 12)}${why}`
  return [instead, `            ${pinEnd(status.pin, ref, expiresAt, now)}`]
}

function pinEnd(
  pin: RepositoryView['status']['pin'],
  ref: string,
  expiresAt: string | undefined,
  now: Instant,
): string {
  if (pin?.overBecause === 'Expired') return 'over: it has expired, and means nothing any more'
  if (pin?.overBecause === 'NewCommit')
    return `over: ${ref} names another commit since, and it means nothing any more`
  if (expiresAt === undefined) return `until the next commit on ${ref}`
  const left = Math.max(0, Date.parse(expiresAt) - now)
  return `until the next commit on ${ref}, or ${expiresAt} (in ${printSpan(left)})`
}

function stations(view: RepositoryView, options: PageOptions): string {
  const { sourced, validated, applied, enforced } = view.status
  const rows = [
    station('sourced', sourced, options),
    station('validated', validated, options),
    station('applied', applied, options),
    [...station('enforced', enforced, options), { text: acks(view) }],
  ]
  return printColumns(rows).text + errorLines(view, options)
}

function station(
  name: string,
  { commit, at, errorCount }: StationStatus,
  { now, styles }: PageOptions,
): readonly Cell[] {
  return [
    // As wide as the names in the head.
    { text: name.padEnd(9) },
    { text: commit?.slice(0, 12) ?? '-' },
    { text: at === undefined ? '' : `${printAge(at, now)} ago` },
    ...(errorCount === 0
      ? []
      : [{ text: `${errorCount} ${errorCount === 1 ? 'error' : 'errors'}`, style: styles.error }]),
  ]
}

/** They are about the newest commit, and the station may hold an older one. */
function acks(view: RepositoryView): string {
  const { commit, enforced } = view.status
  if (commit === undefined) return ''
  if (enforced.commit === commit) return printAcks(view)
  return enforced.touched === 0 ? '' : `of ${commit.slice(0, 12)}: ${printAcks(view)}`
}

function errorLines(view: RepositoryView, { styles }: PageOptions): string {
  const { listed, more } = repositoryErrors(view)
  const lines = listed.map((error) => `  ${printStatusError(error, styles)}\n`)
  return [...lines, ...(more > 0 ? [styles.quiet(`  ... and ${more} more\n`)] : [])].join('')
}

function printStatusError({ code, message, location }: StatusError, styles: TextStyles): string {
  const where = location === undefined ? [] : [styles.file(location)]
  return [...where, styles.error(code), message].join('  ')
}

function drifts({ status }: RepositoryView, options: PageOptions): string {
  const { total, last } = status.drift
  if (last.length === 0) return ''
  const more = total > last.length ? ` of ${total}` : ''
  const lines = last.flatMap((drift) => driftLines(drift, options))
  return [
    `drift       the last ${last.length}${more}; none of it reached a proxy`,
    ...lines,
    '',
  ].join('\n')
}

function driftLines(drift: DriftEntry, { now, styles }: PageOptions): readonly string[] {
  const { object, managers, fields, action, effect, isFight, at } = drift
  const who = managers.length === 0 ? '' : ` by ${managers.join(', ')}`
  const what = fields.length === 0 ? 'deleted' : `${fields.join(', ')} changed`
  const fight = isFight ? styles.warning('; it is changed again and again') : ''
  return [
    `  ${`${printAge(at, now)} ago`.padEnd(11)}${object}: ${what}${who}; ${printAction(action)}${fight}`,
    ...(effect === '' ? [] : [`             ${styles.quiet(effect)}`]),
  ]
}

function printAction(action: DriftEntry['action']): string {
  switch (action) {
    case 'restored':
      return 'put back'
    case 'recreated':
      return 'created again'
    case 'reported':
      return 'left as it is'
  }
}

function history({ status }: RepositoryView, { now, styles, width }: PageOptions): string {
  if (status.history.length === 0) return ''
  const head = ['', 'COMMIT', 'STATE', 'SOURCED', 'SUBJECT', 'AUTHOR'].map((text) => ({
    text,
    style: styles.quiet,
  }))
  const rows = status.history.map((entry) => historyRow(entry, status.commit, now))
  return printColumns([head, ...rows], { width, shortened: 4 }).text
}

function historyRow(
  { commit, state, sourcedAt, subject, author }: HistoryEntry,
  current: string | undefined,
  now: Instant,
): readonly Cell[] {
  const texts = [commit === current ? '*' : ' ', commit.slice(0, 12), state]
  return [...texts, `${printAge(sourcedAt, now)} ago`, subject, nameOf(author)].map((text) => ({
    text,
  }))
}

/** Without the address: a line is short. */
function nameOf(author: string): string {
  return author.replace(/\s*<[^>]*>$/, '') || author
}
