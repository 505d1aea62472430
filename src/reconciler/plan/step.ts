/** What a plan is made of: one step an object, in the order they are taken. */
import type { CommitSha } from '../../model/commit-sha.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { ObjectId } from '../../model/object-id.ts'
import type { ClusterErrorCode } from '../cluster.ts'
import type { FieldConflict } from '../fields/server-side-apply.ts'
import type { InventoryEntry } from '../inventory/inventory.ts'
import type { WritePreconditions } from '../preconditions-of.ts'
import type { FieldChange } from './field-changes.ts'

/** Make before break: what enrolls and what routes and grants refer to, then those, then what is taken away. */
export const STAGES = ['enroll', 'routes', 'grants', 'prune', 'restrict'] as const
export type Stage = (typeof STAGES)[number]

/** Writes the object by server-side apply, exactly as it stands here. */
interface Write {
  readonly id: ObjectId
  readonly stage: Stage
  readonly object: KubernetesObject
  /** The version that this was judged against: over any other the write is a Conflict, and the step is judged anew. */
  readonly preconditions: WritePreconditions
  /** Content hash of the object; absent for a namespace that is made for others' sake and is not ours. */
  readonly hash: string | undefined
  readonly reason: string
}

export interface CreateStep extends Write {
  readonly type: 'create'
}

export interface ConfigureStep extends Write {
  readonly type: 'configure'
  readonly changes: readonly FieldChange[]
  /** Other managers that lose fields to us by this step. */
  readonly takenFrom: readonly FieldConflict[]
}

export interface UnchangedStep {
  readonly type: 'unchanged'
  readonly id: ObjectId
  /** The entry as it should be from now on, where the live object's version has moved. */
  readonly entry: InventoryEntry
}

export interface PruneStep {
  readonly type: 'prune'
  readonly id: ObjectId
  readonly stage: 'prune' | 'restrict'
  /** A namespace is never deleted: what we set on it is taken back. */
  readonly means: 'delete' | 'release'
  readonly preconditions: WritePreconditions & { readonly uid: string }
  /** What the object waits for once its delete is accepted: until then it stays in the inventory. */
  readonly finalizers: readonly string[]
  readonly reason: string
}

export interface SkipStep {
  readonly type: 'skip'
  readonly id: ObjectId
  readonly reason: string
  /** What the API said to the dry run, where it refused. */
  readonly code?: ClusterErrorCode
  /**
   * `refused`: it cannot be written, and the commit waits for that. `deleting`: its delete was accepted, and the commit waits
   * until it is gone. `undecided`: whether it is to go is not known yet, and the commit waits for that. `forget`: it leaves the inventory, being gone already or not ours. `keep`: it stays as it is, as asked.
   */
  readonly means: 'refused' | 'deleting' | 'undecided' | 'forget' | 'keep'
}

export type Step = CreateStep | ConfigureStep | UnchangedStep | PruneStep | SkipStep

/** Whether the step says that something the commit wants cannot be. */
export function isRefusal(step: Step): step is SkipStep {
  return step.type === 'skip' && step.means === 'refused'
}

export interface Plan {
  readonly commit: CommitSha
  readonly steps: readonly Step[]
  /** Why the plan must not be carried out without a word from somebody; absent for a plan that may. */
  readonly blocked?: string
}

export interface StepCounts {
  readonly create: number
  readonly configure: number
  readonly unchanged: number
  readonly prune: number
  readonly skip: number
}

export function countSteps(plan: Plan): StepCounts {
  const counts = { create: 0, configure: 0, unchanged: 0, prune: 0, skip: 0 }
  for (const { type } of plan.steps) counts[type] += 1
  return counts
}

/** Whether carrying the plan out would write nothing. */
export function isEmptyPlan(plan: Plan): boolean {
  const { create, configure, prune } = countSteps(plan)
  return create + configure + prune === 0
}
