/** Whether a repository is Ready, and why not, from all that is known of it. Pure. */
import { countOf } from '../../model/count-of.ts'
import { ClusterError } from '../cluster.ts'
import type { CommitRecord, RejectedByProxy } from '../commit-record.ts'
import { GitSourceError } from '../git-source.ts'
import type { ReconcileOutcome } from '../reconcile-outcome.ts'
import type { RepositoryState } from './repository-state.ts'
import type { ReadyReason } from './repository-status.ts'
import { cutText, printPlace, shortSha, toTimestamp } from './status-text.ts'
import { type Target, targetOf } from './target-commit.ts'

export interface Verdict {
  readonly ready: 'True' | 'False' | 'Unknown'
  readonly reason: ReadyReason
  /** One sentence, without a trailing period. */
  readonly message: string
  /** `stalled`: nothing more happens until a person does something. `resting`: there is nothing to do. */
  readonly progress: 'reconciling' | 'stalled' | 'resting'
}

type OutcomeOf<Type extends ReconcileOutcome['type']> = Extract<
  ReconcileOutcome,
  { readonly type: Type }
>

/** Ready is True only when the commit that is asked for is applied and every proxy it touches has ACKed it. */
export function judgeRepository(state: RepositoryState): Verdict {
  if (state.spec.type === 'refused') return judgeRefused(state.spec)
  if (state.spec.spec.suspend)
    return verdict('Unknown', 'Suspended', 'resting', `suspended; ${stays(state)}`)
  const target = targetOf(state)
  const { outcome } = target
  switch (outcome?.type) {
    case 'failed':
      return judgeFailed(outcome, state)
    case 'stalled':
      return judgeStalled(outcome, state)
    case 'waiting':
      return judgeWaiting(outcome, state)
    case 'synced':
      return judgeSynced(target, state)
    case undefined:
      return judgeUnderWay(target)
  }
}

function judgeRefused(
  spec: Extract<RepositoryState['spec'], { readonly type: 'refused' }>,
): Verdict {
  const [first = '', ...more] = spec.errors
  const others = more.length === 0 ? '' : `; and ${countOf(more.length, 'more mistake')}`
  return verdict('False', spec.reason, 'stalled', `${first}${others}`)
}

function judgeFailed({ error }: OutcomeOf<'failed'>, state: RepositoryState): Verdict {
  return verdict('False', reasonOf(error), 'reconciling', `${error.message}; ${stays(state)}`)
}

/** What a failure is called, in conditions and in Events. */
function reasonOf(error: Error): ReadyReason {
  if (error instanceof GitSourceError)
    return error.code === 'AuthenticationFailed' ? 'AuthenticationFailed' : 'GitOperationFailed'
  if (!(error instanceof ClusterError)) return 'InternalError'
  const isAway = error.code === 'Unavailable' || error.code === 'TooManyRequests'
  return isAway ? 'ClusterUnavailable' : 'ApplyFailed'
}

function judgeStalled(outcome: OutcomeOf<'stalled'>, state: RepositoryState): Verdict {
  const errors = outcome.problems.filter(({ severity }) => severity === 'error')
  const [first] = errors
  const place = first && `; ${printPlace(first.location)} ${first.code} ${first.message}`
  const found = `${shortSha(outcome.commit)} has ${countOf(errors.length, 'problem')}`
  // The place comes last: it is the long part, and what is cut.
  return verdict('False', 'InvalidCommit', 'stalled', `${found}, ${stays(state)}${place ?? ''}`)
}

function judgeWaiting(outcome: OutcomeOf<'waiting'>, state: RepositoryState): Verdict {
  const { reason, commit, waitsFor = commit === undefined ? undefined : 'objects' } = outcome
  const message = `${reason}; ${stays(state)}`
  switch (waitsFor) {
    case 'allowance':
      return verdict('False', 'PruneBlocked', 'stalled', message)
    case 'dependency':
      return verdict('False', 'DependencyNotReady', 'reconciling', message)
    case 'objects':
      return verdict('False', 'WaitingForObjects', 'reconciling', message)
    case undefined:
      return verdict('Unknown', 'Progressing', 'reconciling', message)
  }
}

function judgeSynced(target: Target, state: RepositoryState): Verdict {
  const { record } = target
  if (record?.state === 'rejected') return judgeRejected(record)
  if (record?.state !== 'enforced') return judgeUnderWay(target)
  const { touched, acked, commit } = record
  const by =
    touched === 0
      ? 'it changes no connected proxy'
      : `${acked} of ${countOf(touched, 'proxy', 'proxies')} ACKed it`
  const message = `${shortSha(commit)} is enforced: ${by}${printPin(state)}`
  return verdict('True', 'Enforced', 'resting', message)
}

function judgeRejected({ commit, nacked, touched }: CommitRecord): Verdict {
  const [first] = nacked
  const proxies = new Set(nacked.map(({ proxy }) => proxy)).size
  const found = `${proxies} of ${touched} proxies rejected ${shortSha(commit)} and keep what they had`
  const why = first === undefined ? '' : `; ${printNack(first)}`
  return verdict('False', 'ProxiesRejected', 'stalled', `${found}${why}`)
}

/** `Cluster bookstore|80: <the proxy's words> (bookstore/access.yaml:3:1)` */
function printNack({ type, name, error, origins }: RejectedByProxy): string {
  const [origin] = origins
  const from = origin === undefined ? '' : ` (${printPlace(origin)})`
  return `${type} ${name}: ${cutText(error, 200)}${from}`
}

function judgeUnderWay({ commit, record }: Target): Verdict {
  if (commit === undefined)
    return verdict(
      'Unknown',
      'Progressing',
      'reconciling',
      'the repository is read for the first time',
    )
  const name = shortSha(commit)
  if (record?.appliedAt !== undefined) {
    const done = `${record.acked} of ${record.touched}`
    const message = `${name} is applied, and ${done} proxies have ACKed it`
    return verdict('Unknown', 'WaitingForProxies', 'reconciling', message)
  }
  const reached = record?.validatedAt === undefined ? 'read' : 'validated, and applied'
  return verdict('Unknown', 'Progressing', 'reconciling', `${name} is being ${reached}`)
}

function stays({ served }: RepositoryState): string {
  return served === undefined ? 'nothing is served yet' : `${shortSha(served)} stays served`
}

function printPin({ pin }: RepositoryState): string {
  if (pin.type !== 'holds') return ''
  const { insteadOf, expiresAt, reason } = pin.pin
  const until = expiresAt === undefined ? '' : ` until ${toTimestamp(expiresAt)}`
  const why = reason === '' ? '' : ` (${reason})`
  return `; pinned in place of ${shortSha(insteadOf)}${until}${why}`
}

const LONGEST_MESSAGE = 400

function verdict(
  ready: Verdict['ready'],
  reason: ReadyReason,
  progress: Verdict['progress'],
  message: string,
): Verdict {
  return { ready, reason, progress, message: cutText(message, LONGEST_MESSAGE) }
}
