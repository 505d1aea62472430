/** Decides what to create, configure, prune and leave alone, in which order and why. Touches nothing. */
import { byCodeUnit } from '../model/by-code-unit.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { type ObjectId, printObjectId, toObjectId, toObjectKey } from '../model/object-id.ts'
import type { ClusterErrorCode } from './cluster.ts'
import { fieldsTaken, withoutForeignFields } from './foreign-fields.ts'
import { toEntry } from './inventory/inventory.ts'
import { FIELD_MANAGER, isKeptFromPrune, repositoryOf } from './owner-mark.ts'
import { fieldChanges } from './plan/field-changes.ts'
import type { Leaving, Observation, Observations } from './plan/observation.ts'
import { type PruneAllowance, type PruneLimits, refusePrune } from './plan/prune-guard.ts'
import { pruneRank, pruneStage, writeStage } from './plan/stage-of.ts'
import { type Plan, type PruneStep, type SkipStep, STAGES, type Step } from './plan/step.ts'

export interface PlanRequest {
  readonly commit: CommitSha
  readonly repository: string
  readonly observations: Observations
  readonly limits: PruneLimits
  readonly allowance: PruneAllowance
  /** Whether namespaces that the commit's objects need are made; otherwise such objects wait for them. */
  readonly createNamespaces: boolean
}

/** The order of the input never matters. Every object of the commit and of the inventory has one step. */
export function plan(request: PlanRequest): Plan {
  const { commit, observations, repository } = request
  const wanted = observations.wanted.map((observation) => toStep(observation, request))
  const leaving = observations.leaving.map((object) => leavingStep(object, repository))
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

function toStep(observation: Observation, request: PlanRequest): Step {
  switch (observation.type) {
    case 'settled':
      return { type: 'unchanged', id: observation.entry.id, entry: observation.entry }
    case 'homeless':
      return request.createNamespaces
        ? createStep(observation, 'it is new, as is its namespace')
        : skip(
            observation.desired.id,
            `the namespace ${observation.namespace} does not exist; create it, or declare it in the repository`,
            'NotFound',
          )
    case 'absent':
      return createStep(observation, 'it is not in the cluster')
    case 'present':
      return presentStep(observation, request.repository)
    case 'refused':
      return skip(observation.desired.id, observation.message, observation.code)
  }
}

type Wanted = Exclude<Observation, { type: 'settled' }>

function createStep({ desired, marked, hash }: Wanted, reason: string): Step {
  const stage = writeStage(marked, undefined)
  return { type: 'create', id: desired.id, stage, object: marked, hash, reason }
}

function presentStep(
  observation: Extract<Observation, { type: 'present' }>,
  repository: string,
): Step {
  const { desired, marked, hash, live } = observation
  const result = withoutForeignFields(observation.result, marked)
  const owner = repositoryOf(live)
  if (owner !== undefined && owner !== repository)
    return skip(
      desired.id,
      `it belongs to the repository ${owner}; take it out of one of the two`,
      'Conflict',
    )
  if (isSame(live, result))
    return { type: 'unchanged', id: desired.id, entry: toEntry(live, desired.id, hash) }
  return {
    type: 'configure',
    id: desired.id,
    stage: writeStage(marked, live),
    object: marked,
    hash,
    reason: owner === undefined ? 'it is there already, and becomes ours' : 'it differs',
    changes: fieldChanges(live, result),
    takenFrom: fieldsTaken(live, marked),
  }
}

/** Whether the apply would write nothing: no field differs, and none becomes ours that was not. */
function isSame(live: KubernetesObject, result: KubernetesObject): boolean {
  return fieldChanges(live, result).length === 0 && claimText(live) === claimText(result)
}

function claimText(object: KubernetesObject): string {
  const ours = object.metadata.managedFields?.find(
    ({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply',
  )
  return JSON.stringify(ours?.fieldsV1)
}

function leavingStep({ entry, live }: Leaving, repository: string): PruneStep | SkipStep {
  const { id, applied } = entry
  const forget = (reason: string): SkipStep => ({ type: 'skip', id, reason, forget: true })
  const uid = live?.metadata.uid
  if (live === undefined || uid === undefined) return forget('it is gone already')
  if (applied !== undefined && applied.uid !== uid)
    return forget('another object has its name now; that one is not ours')
  if (repositoryOf(live) !== repository)
    return forget('it does not carry our mark any more, so it is not ours to prune')
  if (isKeptFromPrune(live)) return forget('its annotation plumbline.dev/prune keeps it')
  const means = id.kind === 'Namespace' ? 'release' : 'delete'
  const reason =
    means === 'delete'
      ? 'its document left the repository'
      : 'its document left the repository: our labels and annotations go, the namespace stays'
  return { type: 'prune', id, stage: pruneStage(id), means, uid, reason }
}

/** One step for each namespace that objects need and nobody declares. */
function namespaceSteps(request: PlanRequest): readonly Step[] {
  if (!request.createNamespaces) return []
  const { wanted } = request.observations
  const declared = new Set(
    wanted.flatMap((observation) => {
      const id = observation.type === 'settled' ? observation.entry.id : observation.desired.id
      return id.kind === 'Namespace' ? [id.name] : []
    }),
  )
  const needed = wanted.flatMap((observation) =>
    observation.type === 'homeless' ? [observation.namespace] : [],
  )
  return [...new Set(needed)]
    .filter((name) => !declared.has(name))
    .map((name) => {
      const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
      const id = toObjectId(object)
      const reason = 'objects of the commit need it'
      return { type: 'create', id, stage: 'enroll', object, hash: undefined, reason }
    })
}

function ownedBefore({ wanted, leaving }: Observations): number {
  const known = wanted.filter(
    ({ type }) => type === 'settled' || type === 'present' || type === 'refused',
  )
  return known.length + leaving.length
}

function skip(id: ObjectId, reason: string, code: ClusterErrorCode): SkipStep {
  return { type: 'skip', id, reason, code, forget: false }
}

/** By stage, and by key within it; what changes nothing comes last. */
function inOrder(steps: readonly Step[]): readonly Step[] {
  return steps
    .map((step) => ({ step, rank: rankOf(step), key: toObjectKey(step.id) }))
    .sort((a, b) => a.rank - b.rank || byCodeUnit(a.key, b.key))
    .map(({ step }) => step)
}

/** Grants are pruned before the route groups they name. */
function rankOf(step: Step): number {
  const stage = 'stage' in step ? STAGES.indexOf(step.stage) : STAGES.length
  return stage * 2 + (step.type === 'prune' ? pruneRank(step.id) : 0)
}
