/** What is to happen to an object that the commit wants, and why. Pure. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ObjectId, printObjectId } from '../../model/object-id.ts'
import type { ClusterErrorCode } from '../cluster.ts'
import { fieldsTaken, withoutForeignFields } from '../foreign-fields.ts'
import { toEntry } from '../inventory/inventory.ts'
import { FIELD_MANAGER, repositoryOf } from '../owner-mark.ts'
import { preconditionsOf } from '../preconditions-of.ts'
import { fieldChanges } from './field-changes.ts'
import type { Observation, Wanted } from './observation.ts'
import { writeStage } from './stage-of.ts'
import type { SkipStep, Step } from './step.ts'
import type { StepRules } from './step-rules.ts'

export function wantedStep(observation: Observation, rules: StepRules): Step {
  switch (observation.type) {
    case 'settled':
      return { type: 'unchanged', id: observation.entry.id, entry: observation.entry }
    case 'homeless':
      return rules.createNamespaces
        ? createStep(observation, 'it is new, as is its namespace')
        : refuse(
            observation.id,
            `the namespace ${observation.namespace} does not exist; create it, or declare it in the repository`,
            'NotFound',
          )
    case 'absent':
      return createStep(observation, 'it is not in the cluster')
    case 'alike':
      return createStep(
        observation,
        `it is not in the cluster, which accepts ${printObjectId(observation.judged)}, one like it`,
      )
    case 'present':
      return presentStep(observation, rules)
    case 'refused':
      return refuse(observation.id, observation.message, observation.code)
  }
}

function createStep({ id, marked, hash }: Wanted, reason: string): Step {
  const stage = writeStage(marked, undefined)
  const preconditions = preconditionsOf(undefined)
  return { type: 'create', id, stage, object: marked, preconditions, hash, reason }
}

function presentStep(
  observation: Extract<Observation, { type: 'present' }>,
  rules: StepRules,
): Step {
  const { id, marked, hash, live } = observation
  const owner = repositoryOf(live)
  if (owner !== undefined && owner !== rules.repository && !isGivenUp(owner, id, rules))
    return refuse(
      id,
      `it belongs to the repository ${owner}; take it out of one of the two`,
      'Conflict',
    )
  const result = withoutForeignFields(observation.result, marked)
  if (isSame(live, result)) return { type: 'unchanged', id, entry: toEntry(live, id, hash) }
  return {
    type: 'configure',
    id,
    stage: writeStage(marked, live),
    object: marked,
    preconditions: preconditionsOf(live),
    hash,
    reason: reasonFor(owner, rules.repository),
    changes: fieldChanges(live, result),
    takenFrom: fieldsTaken(live, marked),
  }
}

/** Whether another repository lets its object go. One whose commit is not known yet might still want it. */
function isGivenUp(owner: string, id: ObjectId, { ownership }: StepRules): boolean {
  const claim = ownership.claim(owner, id)
  return claim === 'unwanted' || claim === 'gone'
}

function reasonFor(owner: string | undefined, repository: string): string {
  if (owner === undefined) return 'it is there already, and becomes ours'
  return owner === repository ? 'it differs' : `it moves here from the repository ${owner}`
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

function refuse(id: ObjectId, reason: string, code: ClusterErrorCode): SkipStep {
  return { type: 'skip', id, reason, code, means: 'refused' }
}
