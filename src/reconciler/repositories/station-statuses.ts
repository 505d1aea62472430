/** The four stations of a status: which commit reached each, and what keeps the one that is asked for from it. Pure. */
import type { Instant } from '../../model/clock.ts'
import { ClusterError } from '../cluster.ts'
import type { CommitRecord, RejectedByProxy } from '../commit-record.ts'
import { GitSourceError } from '../git-source.ts'
import type { ReconcileOutcome } from '../reconcile-outcome.ts'
import { judgeRepository } from './judge-repository.ts'
import type { RepositoryState } from './repository-state.ts'
import type {
  EnforcedStatus,
  RepositoryStatus,
  StationStatus,
  StatusError,
} from './repository-status.ts'
import { cutText, printPlace, toTimestamp } from './status-text.ts'
import { targetOf } from './target-commit.ts'

export type Stations = Pick<RepositoryStatus, 'sourced' | 'validated' | 'applied' | 'enforced'>

const LISTED_ERRORS = 10
const LONGEST_ERROR = 300

export function stationStatuses(
  state: RepositoryState,
  previous: RepositoryStatus | undefined,
): Stations {
  const { outcome } = targetOf(state)
  const { records } = state
  const reached = (at: 'validatedAt' | 'appliedAt' | 'enforcedAt') =>
    records.findLast((record) => record[at] !== undefined)
  return {
    sourced: station(sourcedCommit(state), previous?.sourced, sourcedErrors(outcome)),
    validated: station(
      arrival(reached('validatedAt'), 'validatedAt'),
      previous?.validated,
      validatedErrors(outcome),
    ),
    applied: station(
      arrival(reached('appliedAt'), 'appliedAt'),
      previous?.applied,
      appliedErrors(outcome, state),
    ),
    enforced: enforcedStatus(
      arrival(reached('enforcedAt'), 'enforcedAt'),
      reached('appliedAt'),
      previous?.enforced,
    ),
  }
}

type Errors = Pick<StationStatus, 'errors' | 'errorCount'>

interface Arrival {
  readonly commit: string
  readonly at: Instant | undefined
}

function arrival(
  record: CommitRecord | undefined,
  at: 'validatedAt' | 'appliedAt' | 'enforcedAt',
): Arrival | undefined {
  return record && { commit: record.commit, at: record[at] }
}

/** A rollback is made over what the ref names, so this is the tip also while an older commit is pinned in its place. */
function sourcedCommit({ pin, records }: RepositoryState): Arrival | undefined {
  const commit = pin.type === 'holds' ? pin.pin.insteadOf : records.at(-1)?.commit
  const record = records.find((one) => one.commit === commit)
  return commit && { commit, at: record?.sourcedAt }
}

/** What was stored of the same commit keeps its moment: a restart reads and enforces it again, and that is no news. */
function station(
  arrived: Arrival | undefined,
  previous: StationStatus | undefined,
  errors: Errors,
): StationStatus {
  const commit = arrived?.commit ?? previous?.commit
  const at =
    previous?.commit === commit && previous?.at !== undefined
      ? previous.at
      : arrived?.at !== undefined
        ? toTimestamp(arrived.at)
        : undefined
  return {
    ...(commit !== undefined && { commit }),
    ...(at !== undefined && { at }),
    ...errors,
  }
}

/** Counts ACKs of the newest commit that proxies are told of: one that is refused leaves them as they are. */
function enforcedStatus(
  arrived: Arrival | undefined,
  told: CommitRecord | undefined,
  previous: EnforcedStatus | undefined,
): EnforcedStatus {
  const errors = listErrors(told?.nacked ?? [], toNackError)
  const enforced = station(arrived, previous, errors)
  // After a restart nothing that proxies have changes, so the commit touches none of them any more.
  const isAsBefore =
    told === undefined ||
    (told.touched === 0 && told.commit === previous?.commit && told.commit === enforced.commit)
  const { touched, acked, nacked } = (isAsBefore ? previous : undefined) ?? countProxies(told)
  const summary = told === undefined ? (previous?.summary ?? '') : `${acked}/${touched}`
  return { ...enforced, touched, acked, nacked, summary }
}

function countProxies(record: CommitRecord | undefined) {
  const nacked = new Set(record?.nacked.map(({ proxy }) => proxy)).size
  return { touched: record?.touched ?? 0, acked: record?.acked ?? 0, nacked }
}

function sourcedErrors(outcome: ReconcileOutcome | undefined): Errors {
  if (outcome?.type !== 'failed' || !(outcome.error instanceof GitSourceError)) return NO_ERRORS
  return oneError(outcome.error.code, outcome.error.message)
}

function validatedErrors(outcome: ReconcileOutcome | undefined): Errors {
  if (outcome?.type !== 'stalled') return NO_ERRORS
  const errors = outcome.problems.filter(({ severity }) => severity === 'error')
  return listErrors(errors, ({ code, message, fix, location }) => ({
    ...toError(code, `${message}; ${fix}`),
    location: printPlace(location),
  }))
}

function appliedErrors(outcome: ReconcileOutcome | undefined, state: RepositoryState): Errors {
  if (outcome?.type === 'waiting' && outcome.commit !== undefined)
    return oneError(judgeRepository(state).reason, outcome.reason)
  if (outcome?.type !== 'failed' || outcome.error instanceof GitSourceError) return NO_ERRORS
  const { error } = outcome
  return oneError(error instanceof ClusterError ? error.code : 'InternalError', error.message)
}

function toNackError({ proxy, type, name, error, origins }: RejectedByProxy): StatusError {
  const [origin] = origins
  return {
    ...toError('NACK', `${proxy} rejected ${type} ${name}: ${error}`),
    ...(origin !== undefined && { location: printPlace(origin) }),
  }
}

const NO_ERRORS: Errors = { errors: [], errorCount: 0 }

function oneError(code: string, message: string): Errors {
  return { errors: [toError(code, message)], errorCount: 1 }
}

function listErrors<T>(found: readonly T[], toStatusError: (one: T) => StatusError): Errors {
  return { errors: found.slice(0, LISTED_ERRORS).map(toStatusError), errorCount: found.length }
}

function toError(code: string, message: string): StatusError {
  return { code, message: cutText(message, LONGEST_ERROR) }
}
