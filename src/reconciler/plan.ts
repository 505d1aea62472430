/** Decides what to create, configure, prune and leave alone, in which order and why. Touches nothing. */
import { byCodeUnit } from '../model/by-code-unit.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import { keptKey, printObjectId, toObjectId, toObjectKey } from '../model/object-id.ts'
import { leavingStep } from './plan/leaving-step.ts'
import type { Observation, Observations } from './plan/observation.ts'
import { type PruneAllowance, type PruneLimits, refusePrune } from './plan/prune-guard.ts'
import { pruneRank } from './plan/stage-of.ts'
import { type Plan, STAGES, type Step } from './plan/step.ts'
import type { StepRules } from './plan/step-rules.ts'
import { wantedStep } from './plan/wanted-step.ts'
import { preconditionsOf } from './preconditions-of.ts'

export interface PlanRequest extends StepRules {
  readonly commit: CommitSha
  readonly observations: Observations
  readonly limits: PruneLimits
  readonly allowance: PruneAllowance
}

/** The order of the input never matters. Every object of the commit and of the inventory has one step. */
export function plan(request: PlanRequest): Plan {
  const { commit, observations } = request
  const wanted = observations.wanted.map((observation) => wantedStep(observation, request))
  const leaving = observations.leaving.map((object) => leavingStep(object, request))
  const steps = inOrder([...namespaceSteps(request), ...wanted, ...leaving])
  const pruned = leaving.filter((step) => step.type === 'prune')
  const blocked = refusePrune({
    pruned: pruned.map((step) => printObjectId(step.id)),
    owned: ownedBefore(observations),
    desired: observations.wanted.length,
    limits: request.limits,
    allowance: request.allowance,
  })
  return { commit, steps, ...(blocked === undefined ? {} : { blocked }) }
}

/** One step for each namespace that objects need and nobody declares. */
function namespaceSteps(request: PlanRequest): readonly Step[] {
  if (!request.createNamespaces) return []
  const { wanted } = request.observations
  const declared = new Set(
    wanted.map(idOf).flatMap(({ kind, name }) => (kind === 'Namespace' ? [name] : [])),
  )
  const needed = wanted.flatMap((observation) =>
    observation.type === 'homeless' ? [observation.namespace] : [],
  )
  return [...new Set(needed)].filter((name) => !declared.has(name)).map(namespaceStep)
}

function namespaceStep(name: string): Step {
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
  return {
    type: 'create',
    id: toObjectId(object),
    stage: 'enroll',
    object,
    preconditions: preconditionsOf(undefined),
    hash: undefined,
    reason: 'objects of the commit need it',
  }
}

function idOf(observation: Observation) {
  return observation.type === 'settled' ? observation.entry.id : observation.id
}

function ownedBefore({ wanted, leaving }: Observations): number {
  const known = wanted.filter(
    ({ type }) => type === 'settled' || type === 'present' || type === 'refused',
  )
  return known.length + leaving.length
}

/** By stage, and by key within it; what changes nothing comes last. */
function inOrder(steps: readonly Step[]): readonly Step[] {
  const unchanged = steps.filter(({ type }) => type === 'unchanged')
  const rest = steps
    .filter(({ type }) => type !== 'unchanged')
    .map((step) => ({ step, rank: rankOf(step), key: toObjectKey(step.id) }))
    .sort((a, b) => a.rank - b.rank || byCodeUnit(a.key, b.key))
    .map(({ step }) => step)
  return [...rest, ...unchanged.sort((a, b) => byCodeUnit(keptKey(a.id), keptKey(b.id)))]
}

/** Grants are pruned before the route groups they name. */
function rankOf(step: Step): number {
  const stage = 'stage' in step ? STAGES.indexOf(step.stage) : STAGES.length
  return stage * 2 + (step.type === 'prune' ? pruneRank(step.id) : 0)
}
