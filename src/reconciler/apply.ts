/** Carries a plan out exactly: stage by stage, each step as it stands, every failure said and none hiding another. */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { type ObjectId, type ObjectKey, toObjectKey } from '../model/object-id.ts'
import { type Cluster, ClusterError, type ClusterErrorCode } from './cluster.ts'
import { type Inventory, type InventoryEntry, toEntry } from './inventory/inventory.ts'
import { FIELD_MANAGER } from './owner-mark.ts'
import {
  type ConfigureStep,
  type CreateStep,
  type Plan,
  type PruneStep,
  STAGES,
  type Step,
} from './plan/step.ts'
import { withLimit } from './with-limit.ts'
import { writeObject } from './write-object.ts'

/** Writes under way at once. */
const CONCURRENCY = 16

export interface StepFailure {
  readonly id: ObjectId
  readonly code: ClusterErrorCode
  /** What the cluster said. */
  readonly message: string
}

export interface ApplyResult {
  /** The inventory as it is now: what failed to go is still in it. */
  readonly inventory: Inventory
  /** Steps that wrote, in the order of the plan. */
  readonly done: readonly Step[]
  readonly failures: readonly StepFailure[]
  /** Removals that were not tried, because something before them failed. */
  readonly held: readonly ObjectId[]
}

type WritingStep = CreateStep | ConfigureStep | PruneStep
type Outcome =
  | { readonly type: 'written'; readonly step: WritingStep; readonly object: KubernetesObject }
  | { readonly type: 'removed'; readonly step: WritingStep }
  | { readonly type: 'failed'; readonly step: WritingStep; readonly failure: StepFailure }
  | { readonly type: 'held'; readonly step: WritingStep }

/**
 * `inventory` is the union that was stored before (unionInventory); the result is what to store after.
 * Throws only when the signal aborts, or on a bug: what failed is in the result.
 */
export async function apply(request: {
  readonly cluster: Cluster
  readonly plan: Plan
  readonly inventory: Inventory
  readonly signal: AbortSignal
}): Promise<ApplyResult> {
  const { cluster, plan, inventory, signal } = request
  if (plan.blocked !== undefined)
    throw new Error(`a blocked plan is never carried out: ${plan.blocked}`)
  const outcomes: Outcome[] = []
  for (const stage of STAGES) {
    const steps = plan.steps.filter(isWriting).filter((step) => step.stage === stage)
    // Nothing is taken away while what should stand in its place is not there.
    const isHeld = isRemoval(stage) && (outcomes.some(isFailed) || hasRefusal(plan))
    const run = async (step: WritingStep): Promise<Outcome> => {
      signal.throwIfAborted()
      return isHeld ? { type: 'held', step } : await carryOut(cluster, step)
    }
    outcomes.push(...(await withLimit(steps, CONCURRENCY, run)))
  }
  return toResult(plan, inventory, outcomes)
}

function isWriting(step: Step): step is WritingStep {
  return step.type === 'create' || step.type === 'configure' || step.type === 'prune'
}

function isRemoval(stage: (typeof STAGES)[number]): boolean {
  return stage === 'prune' || stage === 'restrict'
}

function isFailed(outcome: Outcome): boolean {
  return outcome.type === 'failed'
}

function hasRefusal(plan: Plan): boolean {
  return plan.steps.some((step) => step.type === 'skip' && !step.forget)
}

async function carryOut(cluster: Cluster, step: WritingStep): Promise<Outcome> {
  try {
    if (step.type !== 'prune') {
      const object = await writeObject(cluster, step.object)
      return { type: 'written', step, object }
    }
    await (step.means === 'delete' ? remove(cluster, step) : release(cluster, step))
    return { type: 'removed', step }
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error
    const { code, message } = error
    return { type: 'failed', step, failure: { id: step.id, code, message } }
  }
}

async function remove(cluster: Cluster, { id, uid }: PruneStep): Promise<void> {
  try {
    await cluster.delete(id, { uid })
  } catch (error) {
    if (!(error instanceof ClusterError && error.code === 'NotFound')) throw error
  }
}

/** Applying nothing takes back every field that is ours alone. The uid keeps a successor from being made or touched. */
async function release(cluster: Cluster, { id, uid }: PruneStep): Promise<void> {
  const bare = {
    apiVersion: id.group === '' ? id.version : `${id.group}/${id.version}`,
    kind: id.kind,
    metadata: { name: id.name, uid, ...(id.namespace === '' ? {} : { namespace: id.namespace }) },
  }
  try {
    await cluster.apply(bare, { fieldManager: FIELD_MANAGER, force: true, dryRun: false })
  } catch (error) {
    const isGone = error instanceof ClusterError && error.code === 'Conflict'
    if (!isGone || (await cluster.get(id))?.metadata.uid === uid) throw error
  }
}

function toResult(plan: Plan, inventory: Inventory, outcomes: readonly Outcome[]): ApplyResult {
  const changed = new Map([...planChanges(plan), ...outcomes.flatMap(outcomeChange)])
  const failures = outcomes.flatMap((outcome) =>
    outcome.type === 'failed' ? [outcome.failure] : [],
  )
  const held = outcomes.flatMap((outcome) => (outcome.type === 'held' ? [outcome.step.id] : []))
  const done = outcomes.flatMap((outcome) =>
    outcome.type === 'written' || outcome.type === 'removed' ? [outcome.step] : [],
  )
  const isWhole = failures.length === 0 && held.length === 0 && !hasRefusal(plan)
  const applied = isWhole ? plan.commit : inventory.applied
  const entries = changeEntries(inventory.entries, changed)
  return { inventory: { ...inventory, applied, entries }, done, failures, held }
}

type EntryChange = readonly [ObjectKey, InventoryEntry | 'gone']

/** What the plan itself says about entries, without any write. */
function planChanges(plan: Plan): readonly EntryChange[] {
  return plan.steps.flatMap((step): readonly EntryChange[] => {
    if (step.type === 'unchanged') return [[toObjectKey(step.id), step.entry]]
    return step.type === 'skip' && step.forget ? [[toObjectKey(step.id), 'gone']] : []
  })
}

function outcomeChange(outcome: Outcome): readonly EntryChange[] {
  const key = toObjectKey(outcome.step.id)
  if (outcome.type === 'removed') return [[key, 'gone']]
  if (outcome.type !== 'written' || outcome.step.type === 'prune') return []
  const { id, hash } = outcome.step
  return hash === undefined ? [] : [[key, toEntry(outcome.object, id, hash)]]
}

/** The same map when nothing changes, so that storing it again costs nothing. */
function changeEntries(
  entries: Inventory['entries'],
  changed: ReadonlyMap<ObjectKey, InventoryEntry | 'gone'>,
): Inventory['entries'] {
  const moved = [...changed].filter(([key, change]) => {
    const entry = entries.get(key)
    return entry !== undefined && entry !== change
  })
  if (moved.length === 0) return entries
  const next = new Map(entries)
  for (const [key, change] of moved) {
    if (change === 'gone') next.delete(key)
    else next.set(key, change)
  }
  return next
}
