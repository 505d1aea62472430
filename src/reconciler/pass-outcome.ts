/** How a pass ends, from what became of its plan. */
import type { CommitSha } from '../model/commit-sha.ts'
import { countOf } from '../model/count-of.ts'
import { printObjectId } from '../model/object-id.ts'
import type { ApplyResult } from './apply.ts'
import { ClusterError } from './cluster.ts'
import { GitSourceError } from './git-source.ts'
import { isRefusal, type Plan } from './plan/step.ts'
import type { ReconcileOutcome } from './reconcile-outcome.ts'

/** Others have to do something first, and they do not tell us when they have. */
const LOOK_AGAIN_MS = 30_000
/** The adapters leave an API server alone for so long at most, and passes wait no longer. */
const LONGEST_PAUSE_MS = 60_000

/** `result` is absent for a plan that was blocked. */
export function toOutcome(plan: Plan, result: ApplyResult | undefined): ReconcileOutcome {
  const { commit, blocked } = plan
  if (result === undefined)
    return {
      type: 'waiting',
      commit,
      waitsFor: 'allowance',
      reason: blocked ?? '',
      retryAfterMs: LOOK_AGAIN_MS,
    }
  const [failure] = result.failures
  if (failure !== undefined) {
    const more = countOf(result.failures.length, 'object')
    const error = new ClusterError(
      failure.code,
      `${more} could not be written; ${printObjectId(failure.id)}: ${failure.message}`,
    )
    return { type: 'failed', commit, error }
  }
  const refused = plan.steps.filter(isRefusal)
  const [first] = refused
  if (first !== undefined)
    return {
      type: 'waiting',
      commit,
      waitsFor: 'objects',
      reason: `${countOf(refused.length, 'object')} cannot be written; ${printObjectId(first.id)}: ${first.reason}`,
      retryAfterMs: LOOK_AGAIN_MS,
    }
  const [deleting] = result.deleting
  if (deleting !== undefined)
    return {
      type: 'waiting',
      commit,
      reason: `${countOf(result.deleting.length, 'object')} still to go; ${printObjectId(deleting.id)}: ${deleting.reason}`,
      retryAfterMs: LOOK_AGAIN_MS,
    }
  return { type: 'synced', commit }
}

export function toFailure(
  error: ClusterError | GitSourceError,
  commit: CommitSha | undefined,
): ReconcileOutcome {
  const asked = error.retryAfterMs
  const retryAfterMs =
    error instanceof ClusterError && asked ? Math.min(asked, LONGEST_PAUSE_MS) : asked
  return {
    type: 'failed',
    error,
    ...(commit === undefined ? {} : { commit }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

/** Whether the world failed; anything else that is thrown is a bug. */
export function isPortError(error: unknown): error is ClusterError | GitSourceError {
  return error instanceof ClusterError || error instanceof GitSourceError
}
