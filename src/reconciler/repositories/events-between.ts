/** The Events that a change of what is known of a repository is worth: what somebody has to do something about, and its end. Pure. */
import { countOf } from '../../model/count-of.ts'
import { printObjectId } from '../../model/object-id.ts'
import type { CommitRecord } from '../commit-record.ts'
import type { DriftReport } from '../drift/drift-report.ts'
import { printRefMove } from '../print-ref-move.ts'
import { judgeRepository, type Verdict } from './judge-repository.ts'
import { printDriftEffect } from './print-drift-effect.ts'
import type { RepositoryState } from './repository-state.ts'
import type { ReadyReason, RepositoryStatus } from './repository-status.ts'
import { cutText, printPlace, shortSha } from './status-text.ts'
import { targetOf } from './target-commit.ts'

export interface RepositoryEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason:
    | ReadyReason
    | 'Recovered'
    | 'Resumed'
    | 'Pinned'
    | 'PinOver'
    | 'HistoryRewritten'
    | 'DriftCorrected'
    | 'DriftReported'
    | 'DriftFight'
  readonly message: string
}

/** What the API server takes as a message. */
const LONGEST_MESSAGE = 1_000
const NAMED_PROBLEMS = 3

/**
 * `before` is absent at the start of a process: nothing of what was so already is told as news, but for what is wrong.
 * `stored` is the status as the API server has it: what a process before this one has enforced is no news either.
 */
export function eventsBetween(
  before: RepositoryState | undefined,
  after: RepositoryState,
  stored?: RepositoryStatus,
): readonly RepositoryEvent[] {
  if (before === after) return []
  return [
    ...pinEvents(before, after),
    ...moveEvents(before, after),
    ...verdictEvents(before, after, stored?.enforced.commit),
    ...newDrifts(before, after).map(toDriftEvent),
  ]
}

function verdictEvents(
  before: RepositoryState | undefined,
  after: RepositoryState,
  known: string | undefined,
): readonly RepositoryEvent[] {
  const [was, is] = [before && told(before), told(after)]
  if (was?.key === is.key) return []
  const { reason } = is.verdict
  const resumed: readonly RepositoryEvent[] =
    was?.verdict.reason === 'Suspended' && isValid(after)
      ? [{ type: 'Normal', reason: 'Resumed', message: 'passes run again' }]
      : []
  switch (reason) {
    case 'Progressing':
    case 'WaitingForProxies':
      return resumed
    case 'Enforced':
      return [...resumed, ...enforcedEvents(before, after, known)]
    case 'Suspended':
      return before === undefined ? [] : [toEvent('Normal', is.verdict)]
    case 'InvalidCommit':
      return [...resumed, toEvent('Warning', { ...is.verdict, message: problemsOf(after) })]
    case 'DependencyNotReady':
      return [...resumed, toEvent('Normal', is.verdict)]
    case 'WaitingForObjects':
    case 'AuthenticationFailed':
    case 'GitOperationFailed':
    case 'PruneBlocked':
    case 'ApplyFailed':
    case 'ClusterUnavailable':
    case 'ProxiesRejected':
    case 'InternalError':
    case 'InvalidSpec':
    case 'ScopeOverlap':
    case 'DependencyCycle':
      return [...resumed, toEvent('Warning', is.verdict)]
  }
}

/** A repository is told of once for each commit and reason: retries that fail with other words are no news. */
function told(state: RepositoryState): { readonly verdict: Verdict; readonly key: string } {
  const verdict = judgeRepository(state)
  const about = isValid(state) ? (targetOf(state).commit ?? '') : verdict.message
  return { verdict, key: `${verdict.reason} ${about}` }
}

/** The way from a commit that was read to one that is enforced is told at its end; from trouble, the end of that is told. */
function enforcedEvents(
  before: RepositoryState | undefined,
  after: RepositoryState,
  known: string | undefined,
): readonly RepositoryEvent[] {
  const { record } = targetOf(after)
  const { message } = judgeRepository(after)
  const was = before === undefined ? 'Progressing' : judgeRepository(before).reason
  const same = before?.records.find(
    ({ commit, sourcedAt }) => commit === record?.commit && sourcedAt === record.sourcedAt,
  )
  const isUnderWay = was === 'Progressing' || was === 'WaitingForProxies'
  const isNews = isUnderWay ? record?.commit !== known : same?.state !== 'enforced'
  if (isNews) {
    const subject = record === undefined ? '' : ` ("${cutText(record.subject, 100)}")`
    return [toEvent('Normal', { reason: 'Enforced', message: `${message}${subject}` })]
  }
  if (isUnderWay || was === 'Suspended') return []
  return [
    toEvent('Normal', { reason: 'Recovered', message: `${message}; it was not Ready for ${was}` }),
  ]
}

function problemsOf(state: RepositoryState): string {
  const { outcome } = targetOf(state)
  if (outcome?.type !== 'stalled') return judgeRepository(state).message
  const errors = outcome.problems.filter(({ severity }) => severity === 'error')
  const named = errors
    .slice(0, NAMED_PROBLEMS)
    .map((one) => `${printPlace(one.location)} ${one.code} ${cutText(one.message, 200)}`)
  const others = errors.length - named.length
  const more = others > 0 ? `; and ${others} more` : ''
  const found = `${shortSha(outcome.commit)} has ${countOf(errors.length, 'problem')}`
  return `${found}: ${named.join('; ')}${more}`
}

function pinEvents(
  before: RepositoryState | undefined,
  { pin }: RepositoryState,
): readonly RepositoryEvent[] {
  const was = before?.pin
  if (was === undefined) return []
  const previous = was.type === 'holds' ? was.pin : undefined
  if (pin.type === 'holds') {
    const { commit, insteadOf, reason } = pin.pin
    if (previous?.commit === commit && previous.insteadOf === insteadOf) return []
    const why = reason === '' ? '' : `: ${reason}`
    const message = `${shortSha(commit)} is pinned in place of ${shortSha(insteadOf)}${why}`
    return [toEvent('Normal', { reason: 'Pinned', message })]
  }
  if (previous === undefined) return []
  const because =
    pin.type === 'none'
      ? 'it was taken away'
      : pin.because === 'expired'
        ? 'its time is over'
        : 'the ref names another commit'
  const message = `${shortSha(previous.commit)} is not pinned any more: ${because}`
  return [toEvent('Normal', { reason: 'PinOver', message })]
}

/** A ref that went back or left its history is followed, and never silently. A pin that does the same is told of as one. */
function moveEvents(
  before: RepositoryState | undefined,
  after: RepositoryState,
): readonly RepositoryEvent[] {
  const toKey = ({ commit, sourcedAt }: CommitRecord) => `${commit} ${sourcedAt}`
  const known = new Set(before?.records.map(toKey))
  return after.records
    .filter((record) => record.insteadOf === undefined && !known.has(toKey(record)))
    .map(printRefMove)
    .filter((message) => message !== undefined)
    .map((message) => toEvent('Warning', { reason: 'HistoryRewritten', message }))
}

function newDrifts(
  before: RepositoryState | undefined,
  after: RepositoryState,
): readonly DriftReport[] {
  const known = new Set(before?.drifts)
  return after.drifts.filter((report) => !known.has(report))
}

function toDriftEvent(report: DriftReport): RepositoryEvent {
  const { object, managers, fields, action, isFight, advice, effect } = report
  const what = fields.length === 0 ? 'was deleted' : `had ${fields.slice(0, 5).join(', ')} changed`
  const who = managers.length === 0 ? '' : ` by ${managers.join(', ')}`
  const done = DONE[action]
  const hint = advice === undefined ? '' : `; ${advice}`
  const message = `${printObjectId(object)} ${what}${who} and ${done}; ${printDriftEffect(effect)}${hint}`
  if (isFight) return toEvent('Warning', { reason: 'DriftFight', message })
  return action === 'reported'
    ? toEvent('Warning', { reason: 'DriftReported', message })
    : toEvent('Normal', { reason: 'DriftCorrected', message })
}

const DONE = {
  restored: 'was put back',
  recreated: 'was made again',
  reported: 'is left as it is',
} as const satisfies Record<DriftReport['action'], string>

function isValid({ spec }: RepositoryState): boolean {
  return spec.type === 'valid' && !spec.spec.suspend
}

function toEvent(
  type: RepositoryEvent['type'],
  { reason, message }: Pick<RepositoryEvent, 'reason' | 'message'>,
): RepositoryEvent {
  return { type, reason, message: cutText(message, LONGEST_MESSAGE) }
}
