/** How a pass that somebody asked for ended. Pure. */
import type { ReadyReason, StatusError } from '../../reconciler/repositories/repository-status.ts'
import { repositoryErrors } from './repository-errors.ts'
import type { RepositoryView } from './repository-view.ts'

export interface PassRequest {
  /** The value of the annotation that asks. */
  readonly requestedAt: string
  /** Of the spec that the pass has to go by. */
  readonly generation: number
  /** The commit that has to be enforced, where that is not whatever the ref names. */
  readonly commit?: string
}

export type Verdict =
  | { readonly type: 'enforced'; readonly text: string }
  | { readonly type: 'failed'; readonly text: string }

/** `undefined` while the pass is under way, or what it did has yet to be enforced. */
export function requestVerdict(view: RepositoryView, request: PassRequest): Verdict | undefined {
  const { status, reason } = view
  if (status.observedGeneration < request.generation || reason === undefined) return undefined
  const outcome = outcomeOf(reason)
  // There is no pass of a spec that cannot be followed.
  if (outcome !== 'refused' && !isHandled(view, request)) return undefined
  if (request.commit !== undefined && status.pin?.state === 'Over')
    return failed(view, [pinOver(view)])
  if (request.commit !== undefined && status.commit !== request.commit && reason === 'Enforced')
    return undefined
  switch (outcome) {
    case 'done':
      return { type: 'enforced', text: `${view.name}: ${view.ready.message}` }
    case 'goes on':
      return undefined
    case 'failed':
    case 'refused':
      return failed(view, [`${reason}: ${view.ready.message}`, ...printErrors(view)])
  }
}

/** By its own pass, or by that of somebody who asked after us: ours is not seen any more then, and theirs began later. */
export function isHandled(
  { status, requestedAt: newest }: RepositoryView,
  { requestedAt }: PassRequest,
): boolean {
  const handled = status.lastHandledReconcileAt
  return handled === requestedAt || (handled !== undefined && handled === newest)
}

function outcomeOf(reason: ReadyReason): 'done' | 'goes on' | 'failed' | 'refused' {
  switch (reason) {
    case 'Enforced':
      return 'done'
    case 'Progressing':
    case 'WaitingForProxies':
    case 'WaitingForObjects':
    case 'DependencyNotReady':
      return 'goes on'
    case 'Suspended':
    case 'AuthenticationFailed':
    case 'GitOperationFailed':
    case 'InvalidCommit':
    case 'PruneBlocked':
    case 'ApplyFailed':
    case 'ClusterUnavailable':
    case 'ProxiesRejected':
    case 'InternalError':
      return 'failed'
    case 'InvalidSpec':
    case 'ScopeOverlap':
    case 'DependencyCycle':
      return 'refused'
  }
}

function failed({ name }: RepositoryView, lines: readonly string[]): Verdict {
  return { type: 'failed', text: `${name}: ${lines.join('\n  ')}` }
}

function pinOver({ ref, status }: RepositoryView): string {
  const tip = status.sourced.commit?.slice(0, 12) ?? 'another commit'
  return status.pin?.overBecause === 'Expired'
    ? 'the pin expired before it was applied; ask again with a longer --for'
    : `the pin is over: ${ref} names ${tip} by now; look at that commit, and roll back again if it needs to be`
}

function printErrors(view: RepositoryView): readonly string[] {
  const { listed, more } = repositoryErrors(view)
  return [...listed.map(printError), ...(more > 0 ? [`... and ${more} more`] : [])]
}

function printError({ code, message, location }: StatusError): string {
  return [...(location === undefined ? [] : [location]), code, message].join('  ')
}
