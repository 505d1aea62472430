/** Carries a plan out exactly: stage by stage, each step as it stands, every failure said and none hiding another. */
import { keptKey, type ObjectId, type ObjectKey, toObjectKey } from '../model/object-id.ts'
import {
  carryOutStep,
  type StepContext,
  type TakenStep,
  type WritingStep,
} from './carry-out-step.ts'
import { type Cluster, ClusterError, type ClusterErrorCode } from './cluster.ts'
import { type Inventory, type InventoryEntry, toEntry } from './inventory/inventory.ts'
import { deletingReason } from './plan/leaving-step.ts'
import { isRefusal, type Plan, STAGES, type Step } from './plan/step.ts'
import type { StepRules } from './plan/step-rules.ts'
import { withLimit } from './with-limit.ts'

/** Writes under way at once. */
const CONCURRENCY = 16

export interface StepFailure {
  readonly id: ObjectId
  readonly code: ClusterErrorCode
  /** What the cluster said. */
  readonly message: string
}

export interface DeletingObject {
  readonly id: ObjectId
  /** What it waits for. */
  readonly reason: string
}

export interface ApplyResult {
  /** The inventory as it is now: what failed to go, or is still going, is still in it. */
  readonly inventory: Inventory
  /** Steps that wrote, in the order of the plan. */
  readonly done: readonly Step[]
  readonly failures: readonly StepFailure[]
  /** Removals that were not tried, because something before them failed. */
  readonly held: readonly ObjectId[]
  /** Objects whose delete was accepted, now or before, and that are still there. */
  readonly deleting: readonly DeletingObject[]
}

type Outcome =
  | TakenStep
  | { readonly type: 'failed'; readonly failure: StepFailure }
  | { readonly type: 'held'; readonly id: ObjectId }

/**
 * `inventory` is the union that was stored before (unionInventory); the result is what to store after. Every write is for the
 * version that the plan was judged against; an object that has changed since is judged anew by `rules`, a few times.
 * Throws only when the signal aborts, or on a bug: what failed is in the result.
 */
export async function apply(request: {
  readonly cluster: Cluster
  readonly plan: Plan
  readonly inventory: Inventory
  readonly rules: StepRules
  readonly signal: AbortSignal
}): Promise<ApplyResult> {
  const { cluster, plan, inventory, rules, signal } = request
  if (plan.blocked !== undefined)
    throw new Error(`a blocked plan is never carried out: ${plan.blocked}`)
  const outcomes: Outcome[] = []
  for (const stage of STAGES) {
    const steps = plan.steps.filter(isWriting).filter((step) => step.stage === stage)
    // Nothing is taken away while what should stand in its place is not there.
    const isHeld = isRemoval(stage) && (outcomes.some(isFailed) || plan.steps.some(isRefusal))
    const run = async (step: WritingStep): Promise<Outcome> => {
      signal.throwIfAborted()
      return isHeld ? { type: 'held', id: step.id } : await tryStep(step, { cluster, rules })
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

async function tryStep(step: WritingStep, context: StepContext): Promise<Outcome> {
  try {
    const taken = await carryOutStep(step, context)
    return taken.type === 'settled' && isRefusal(taken.step)
      ? failed(step.id, taken.step.code ?? 'Conflict', taken.step.reason)
      : taken
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error
    return failed(step.id, error.code, error.message)
  }
}

function failed(id: ObjectId, code: ClusterErrorCode, message: string): Outcome {
  return { type: 'failed', failure: { id, code, message } }
}

function toResult(plan: Plan, inventory: Inventory, outcomes: readonly Outcome[]): ApplyResult {
  // Most steps change nothing: nothing is made of them.
  const steps = [
    ...plan.steps.filter(({ type }) => type !== 'unchanged'),
    ...outcomes.flatMap(settledStep),
  ]
  const moved = plan.steps.flatMap((step) => movedEntry(step, inventory))
  const changed = new Map([
    ...moved,
    ...steps.flatMap(stepChange),
    ...outcomes.flatMap(outcomeChange),
  ])
  const failures = outcomes.flatMap((outcome) =>
    outcome.type === 'failed' ? [outcome.failure] : [],
  )
  const held = outcomes.flatMap((outcome) => (outcome.type === 'held' ? [outcome.id] : []))
  const done = outcomes.flatMap((outcome) =>
    outcome.type === 'written' || outcome.type === 'removed' ? [outcome.step] : [],
  )
  const deleting = [...steps.flatMap(deletingStep), ...outcomes.flatMap(deletingNow)]
  const isWhole = [failures, held, deleting].every(isEmpty) && !plan.steps.some(isRefusal)
  const applied = isWhole ? plan.commit : inventory.applied
  const entries = changeEntries(inventory.entries, changed)
  return { inventory: { ...inventory, applied, entries }, done, failures, held, deleting }
}

function isEmpty(items: readonly unknown[]): boolean {
  return items.length === 0
}

function settledStep(outcome: Outcome): readonly Step[] {
  return outcome.type === 'settled' ? [outcome.step] : []
}

function deletingStep(step: Step): readonly DeletingObject[] {
  return step.type === 'skip' && (step.means === 'deleting' || step.means === 'undecided')
    ? [{ id: step.id, reason: step.reason }]
    : []
}

/** The delete was for the version whose finalizers these are, so they are what the object now waits for. */
function deletingNow(outcome: Outcome): readonly DeletingObject[] {
  if (outcome.type !== 'removed' || outcome.step.finalizers.length === 0) return []
  return [{ id: outcome.step.id, reason: deletingReason(outcome.step.finalizers) }]
}

type EntryChange = readonly [ObjectKey, InventoryEntry | 'gone']

const NO_CHANGE: readonly EntryChange[] = []

/** The entry of an object that nothing has to be done about, where its version has moved. */
function movedEntry(step: Step, { entries }: Inventory): readonly EntryChange[] {
  if (step.type !== 'unchanged') return NO_CHANGE
  const key = keptKey(step.id)
  return entries.get(key) === step.entry ? NO_CHANGE : [[key, step.entry]]
}

/** What a step itself says about entries, without any write. */
function stepChange(step: Step): readonly EntryChange[] {
  if (step.type === 'unchanged') return [[toObjectKey(step.id), step.entry]]
  const isForgotten = step.type === 'skip' && step.means === 'forget'
  return isForgotten ? [[toObjectKey(step.id), 'gone']] : []
}

function outcomeChange(outcome: Outcome): readonly EntryChange[] {
  if (outcome.type === 'removed')
    return outcome.step.finalizers.length > 0 ? [] : [[toObjectKey(outcome.step.id), 'gone']]
  if (outcome.type !== 'written' || outcome.step.type === 'prune') return []
  const { id, hash } = outcome.step
  return hash === undefined ? [] : [[toObjectKey(id), toEntry(outcome.object, id, hash)]]
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
