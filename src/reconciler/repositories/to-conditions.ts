/** The conditions that say a verdict, by the rules of kstatus. Pure. */
import type { Verdict } from './judge-repository.ts'
import type { RepositoryCondition } from './repository-status.ts'

/**
 * Ready first, always. Reconciling and Stalled are there only while they are true: absent is normal, so that whoever knows
 * only Ready is not misled. `lastTransitionTime` moves when `status` does, and with nothing else.
 */
export function toConditions(
  verdict: Verdict,
  given: {
    readonly generation: number
    readonly now: string
    readonly previous: readonly RepositoryCondition[]
  },
): readonly RepositoryCondition[] {
  const { ready, reason, message, progress } = verdict
  const condition = (
    type: RepositoryCondition['type'],
    status: RepositoryCondition['status'],
  ): RepositoryCondition => {
    const before = given.previous.find((one) => one.type === type)
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : given.now
    const observedGeneration = given.generation
    return { type, status, reason, message, observedGeneration, lastTransitionTime }
  }
  return [
    condition('Ready', ready),
    ...(progress === 'reconciling' ? [condition('Reconciling', 'True')] : []),
    ...(progress === 'stalled' ? [condition('Stalled', 'True')] : []),
  ]
}
