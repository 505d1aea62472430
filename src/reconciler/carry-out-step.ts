/** Takes one step of a plan; where the object is not at the version it was judged at, judges it anew first. */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { type ObjectId, toApiVersion } from '../model/object-id.ts'
import { type Cluster, ClusterError } from './cluster.ts'
import { judgeObject } from './judge-object.ts'
import { FIELD_MANAGER } from './owner-mark.ts'
import { leavingStep } from './plan/leaving-step.ts'
import type {
  ConfigureStep,
  CreateStep,
  PruneStep,
  SkipStep,
  Step,
  UnchangedStep,
} from './plan/step.ts'
import type { StepRules } from './plan/step-rules.ts'
import { wantedStep } from './plan/wanted-step.ts'
import { writeObject } from './write-object.ts'

/** Somebody who writes between every judgement and every write is let be until the next pass. */
const MAX_ATTEMPTS = 3

export type WritingStep = CreateStep | ConfigureStep | PruneStep

export type TakenStep =
  | { readonly type: 'written'; readonly step: WritingStep; readonly object: KubernetesObject }
  | { readonly type: 'removed'; readonly step: PruneStep }
  /** Judged anew, there was nothing to write any more. */
  | { readonly type: 'settled'; readonly step: UnchangedStep | SkipStep }

export interface StepContext {
  readonly cluster: Cluster
  readonly rules: StepRules
}

/** Throws `ClusterError`; `Conflict` where others keep changing the object. */
export async function carryOutStep(step: WritingStep, context: StepContext): Promise<TakenStep> {
  let current = step
  for (let attempt = 1; ; attempt++) {
    try {
      return await take(current, context.cluster)
    } catch (error) {
      const isOutdated = error instanceof ClusterError && error.code === 'Conflict'
      if (!isOutdated || attempt === MAX_ATTEMPTS) throw error
    }
    const next = await judgeAnew(current, context)
    if (next.type === 'unchanged' || next.type === 'skip') return { type: 'settled', step: next }
    if (next.stage !== step.stage)
      throw new ClusterError(
        'Conflict',
        'somebody changed it meanwhile, so that it belongs to another stage now; the next pass sees to it',
      )
    current = next
  }
}

async function take(step: WritingStep, cluster: Cluster): Promise<TakenStep> {
  if (step.type !== 'prune') {
    const object = await writeObject(cluster, step.object, step.preconditions)
    return { type: 'written', step, object }
  }
  await (step.means === 'delete' ? remove(step, cluster) : release(step, cluster))
  return { type: 'removed', step }
}

async function remove({ id, preconditions }: PruneStep, cluster: Cluster): Promise<void> {
  try {
    await cluster.delete(id, preconditions)
  } catch (error) {
    const isGone =
      error instanceof ClusterError && (error.code === 'NotFound' || error.code === 'KindNotServed')
    if (!isGone) throw error
  }
}

/** Applying nothing takes back every field that is ours alone. */
async function release({ id, preconditions }: PruneStep, cluster: Cluster): Promise<void> {
  const metadata = { name: id.name, ...preconditions }
  const bare = { apiVersion: toApiVersion(id), kind: id.kind, metadata }
  await cluster.apply(bare, { fieldManager: FIELD_MANAGER, force: true, dryRun: false })
}

async function judgeAnew(step: WritingStep, { cluster, rules }: StepContext): Promise<Step> {
  const { id } = step
  if (step.type === 'prune') {
    const { uid } = step.preconditions
    return leavingStep({ id, uid, live: await cluster.get(id) }, rules)
  }
  if (step.hash === undefined) return await madeByAnother(id, step, cluster)
  const wanted = { id, marked: step.object, hash: step.hash }
  return wantedStep(await judgeObject(wanted, 'unknown', cluster), rules)
}

/** A namespace that others need is as good when somebody else made it. */
async function madeByAnother(
  id: ObjectId,
  step: CreateStep | ConfigureStep,
  cluster: Cluster,
): Promise<Step> {
  const isThere = (await cluster.get(id)) !== undefined
  return isThere ? { type: 'skip', id, reason: 'somebody made it meanwhile', means: 'keep' } : step
}
