/** What is to happen to an object of ours that the commit no longer has, and why. Pure. */
import { isKeptFromPrune, repositoryOf } from '../owner-mark.ts'
import { preconditionsOf } from '../preconditions-of.ts'
import type { Leaving } from './observation.ts'
import { pruneStage } from './stage-of.ts'
import type { PruneStep, SkipStep } from './step.ts'
import type { StepRules } from './step-rules.ts'

export function leavingStep({ id, uid, live }: Leaving, rules: StepRules): PruneStep | SkipStep {
  const skip = (means: SkipStep['means'], reason: string): SkipStep => ({
    type: 'skip',
    id,
    reason,
    means,
  })
  const { repository, ownership, prune } = rules
  const liveUid = live?.metadata.uid
  if (live === undefined || liveUid === undefined) return skip('forget', 'it is gone already')
  // Whether the other has taken it yet or not: what moves is never deleted on the way.
  const claimant = ownership.claimant(id, repository)
  if (claimant !== undefined) return skip('forget', `the repository ${claimant} has it now`)
  if (uid !== undefined && uid !== liveUid)
    return skip('forget', 'another object has its name now; that one is not ours')
  if (repositoryOf(live) !== repository)
    return skip('forget', 'it does not carry our mark any more, so it is not ours to prune')
  if (isKeptFromPrune(live)) return skip('forget', 'its annotation plumbline.dev/prune keeps it')
  const means = id.kind === 'Namespace' ? 'release' : 'delete'
  const finalizers = means === 'delete' ? (live.metadata.finalizers ?? []) : []
  if (means === 'delete' && live.metadata.deletionTimestamp !== undefined)
    return skip('deleting', deletingReason(finalizers))
  if (prune === 'disabled')
    return skip('keep', 'its document left the repository, whose prune is disabled')
  const behind = ownership.behind?.(repository)
  if (behind !== undefined)
    return skip('undecided', `whether the repository ${behind} takes it over is not known yet`)
  const reason =
    means === 'delete'
      ? 'its document left the repository'
      : 'its document left the repository: our labels and annotations go, the namespace stays'
  const preconditions = { ...preconditionsOf(live), uid: liveUid }
  return {
    type: 'prune',
    id,
    stage: pruneStage(id),
    means,
    preconditions,
    finalizers,
    reason,
  }
}

/** Why an object is still there whose delete was accepted. */
export function deletingReason(finalizers: readonly string[]): string {
  const [first] = finalizers
  if (first === undefined) return 'it is being deleted'
  const names =
    finalizers.length === 1 ? `finalizer ${first}` : `finalizers ${finalizers.join(', ')}`
  return `it is being deleted, and waits for whoever set its ${names}`
}
