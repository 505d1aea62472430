/** What a create, an apply or an update makes of an object: decided from the live one, without touching the store. */
import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { printObjectId, toObjectId } from '../../model/object-id.ts'
import type { ApiResource } from '../api-resources.ts'
import { ClusterError, NOT_STORED, type Preconditions } from '../cluster.ts'
import { ownedPart, withOwnedPart, without } from '../fields/object-parts.ts'
import { applyFields, type FieldConflict, updateFields } from '../fields/server-side-apply.ts'
import type { Birth } from './birth.ts'

export function decideApply(request: {
  readonly live: KubernetesObject | undefined
  readonly applied: KubernetesObject
  readonly resource: ApiResource
  readonly manager: string
  readonly force: boolean
  readonly birth: Birth
}): KubernetesObject {
  const { live, resource, manager, force, birth } = request
  const outcome = applyFields({
    live: live ?? newborn(request.applied, birth),
    applied: resource.hasStatus ? without(request.applied, 'status') : request.applied,
    manager,
    force,
    time: birth.time,
  })
  if (!outcome.ok) throw fieldConflict(request.applied, outcome.error)
  return withGeneration(live, outcome.value)
}

export function decideCreate(request: {
  readonly object: KubernetesObject
  readonly resource: ApiResource
  readonly manager: string
  readonly birth: Birth
}): KubernetesObject {
  const { object, resource, manager, birth } = request
  const given = resource.hasStatus ? without(object, 'status') : object
  const next = withOwnedPart(newborn(object, birth), ownedPart(given))
  const owner = { manager, operation: 'Update' } as const
  return withGeneration(undefined, updateFields({ live: undefined, next, owner, time: birth.time }))
}

export function decideUpdate(request: {
  readonly live: KubernetesObject
  readonly object: KubernetesObject
  readonly resource: ApiResource
  readonly manager: string
  readonly subresource: 'status' | undefined
  readonly time: string
}): KubernetesObject {
  const { live, object, resource, manager, subresource, time } = request
  const owner = {
    manager,
    operation: 'Update',
    ...(subresource === undefined ? {} : { subresource }),
  } as const
  const given =
    subresource === 'status'
      ? withStatusOf(live, object)
      : resource.hasStatus
        ? withStatusOf(object, live)
        : object
  const next = withOwnedPart(live, ownedPart(given))
  return withGeneration(live, updateFields({ live, next, owner, time }))
}

function withStatusOf(object: KubernetesObject, other: KubernetesObject): KubernetesObject {
  const bare = without(object, 'status')
  return other['status'] === undefined ? bare : { ...bare, status: other['status'] }
}

function newborn(object: KubernetesObject, birth: Birth): KubernetesObject {
  const { name, namespace } = object.metadata
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid: birth.uid,
      creationTimestamp: birth.time,
    },
  }
}

/** Generation counts the changes of what is asked for: anything but metadata and status. */
function withGeneration(
  live: KubernetesObject | undefined,
  next: KubernetesObject,
): KubernetesObject {
  const before = live?.metadata.generation ?? 0
  const isSame = live !== undefined && isDeepStrictEqual(askedFor(live), askedFor(next))
  return { ...next, metadata: { ...next.metadata, generation: isSame ? before : before + 1 } }
}

function askedFor(object: KubernetesObject): unknown {
  return without(without(object, 'metadata'), 'status')
}

/** Throws `Conflict` when the object is not one to apply over the live one, or to make where there is none. */
export function assertApplies(applied: KubernetesObject, live: KubernetesObject | undefined): void {
  const { uid, resourceVersion } = applied.metadata
  const id = printObjectId(toObjectId(applied))
  if (live === undefined) {
    // As an API server has it: a version alone says nothing against making the object, a uid does.
    if (uid !== undefined) throw new ClusterError('Conflict', `${id} does not exist any more`)
    return
  }
  // Here, unlike in etcd, the very first object is at that version: its uid tells the two meanings apart.
  if (resourceVersion === NOT_STORED && uid === undefined)
    throw new ClusterError('Conflict', `${id} was to be new, and is there already`)
  assertPreconditions(live, applied.metadata)
}

/** Throws `Conflict` when the live object is not the one that the caller speaks of. */
export function assertPreconditions(live: KubernetesObject, preconditions: Preconditions): void {
  const { uid, resourceVersion } = live.metadata
  const id = printObjectId(toObjectId(live))
  if (preconditions.uid !== undefined && preconditions.uid !== uid)
    throw new ClusterError(
      'Conflict',
      `${id} has the uid ${uid}, not ${preconditions.uid}: it is another object of that name`,
    )
  if (
    preconditions.resourceVersion !== undefined &&
    preconditions.resourceVersion !== resourceVersion
  )
    throw new ClusterError(
      'Conflict',
      `${id} is at resourceVersion ${resourceVersion}, not ${preconditions.resourceVersion}: it has changed; read it again`,
    )
}

/** An object that was deleted goes when its last finalizer does. */
export function isFinished(object: KubernetesObject): boolean {
  const { deletionTimestamp, finalizers = [] } = object.metadata
  return deletionTimestamp !== undefined && finalizers.length === 0
}

function fieldConflict(
  object: KubernetesObject,
  conflicts: readonly FieldConflict[],
): ClusterError {
  const parts = conflicts.map(
    ({ owner, fields }) => `${fields.join(', ')} (owned by ${JSON.stringify(owner.manager)})`,
  )
  return new ClusterError(
    'Conflict',
    `${printObjectId(toObjectId(object))}: apply would change fields of other managers: ${parts.join('; ')}`,
  )
}
