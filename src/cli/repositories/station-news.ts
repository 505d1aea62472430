/** What there is to tell of a repository that went from one status to the next, a line each. Pure. */
import type { StationStatus } from '../../reconciler/repositories/repository-status.ts'
import type { RepositoryView } from './repository-view.ts'

export function stationNews(before: RepositoryView, after: RepositoryView): readonly string[] {
  const { commit, subject, enforced } = after.status
  if (commit === undefined) return waits(before, after)
  const reached = (station: 'validated' | 'applied' | 'enforced') =>
    isAt(after.status[station], commit) && !isAt(before.status[station], commit)
  return [
    ...(before.status.commit === commit ? [] : [`sourced    ${short(commit)} ${quoted(subject)}`]),
    ...(reached('validated') ? [`validated  ${short(commit)}`] : []),
    ...(reached('applied') ? [`applied    ${short(commit)}${objects(after)}`] : []),
    ...(reached('enforced') ? [`enforced   ${short(commit)}, ${printAcks(after)}`] : []),
    ...(isWaitingForProxies(after) && enforced.summary !== before.status.enforced.summary
      ? [`waiting    ${printAcks(after)}`]
      : waits(before, after)),
  ]
}

/** `3 of 4 proxies have ACKed it`. */
export function printAcks({ status }: RepositoryView): string {
  const { touched, acked, nacked } = status.enforced
  if (touched === 0) return 'it changes no connected proxy'
  const refused = nacked === 0 ? '' : `, ${nacked} NACKed it`
  return `${acked} of ${touched} ${touched === 1 ? 'proxy has' : 'proxies have'} ACKed it${refused}`
}

function isAt(station: StationStatus, commit: string): boolean {
  return station.commit === commit
}

function isWaitingForProxies({ reason }: RepositoryView): boolean {
  return reason === 'WaitingForProxies'
}

/** Something has to happen elsewhere first, and the message says what. */
function waits(before: RepositoryView, after: RepositoryView): readonly string[] {
  const isElsewhere = after.reason === 'WaitingForObjects' || after.reason === 'DependencyNotReady'
  const isNews = after.ready.message !== before.ready.message
  return isElsewhere && isNews ? [`waiting    ${after.ready.message}`] : []
}

function objects({ status }: RepositoryView): string {
  const count = status.inventory?.objects
  return count === undefined ? '' : `, ${count} ${count === 1 ? 'object' : 'objects'}`
}

function short(commit: string): string {
  return commit.slice(0, 12)
}

function quoted(subject: string | undefined): string {
  return subject === undefined ? '' : JSON.stringify(subject)
}
