/** An object taken apart: the fields that managers own, and what the cluster alone sets. */
import type { KubernetesObject, ObjectMeta } from '../../model/kubernetes-object.ts'
import type { JsonMap } from './field-tree.ts'

const OWNED_METADATA = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const

/** What a manager can own: everything but the object's name, its version and what the cluster sets. */
export function ownedPart(object: KubernetesObject): JsonMap {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object
  const owned = OWNED_METADATA.flatMap((name) =>
    metadata[name] === undefined ? [] : [[name, metadata[name]] as const],
  )
  return owned.length === 0 ? rest : { metadata: Object.fromEntries(owned), ...rest }
}

/** The object whose owned part this is. `system` supplies name, version and what the cluster sets. */
export function withOwnedPart(system: KubernetesObject, owned: JsonMap): KubernetesObject {
  const { metadata, ...rest } = owned
  return {
    apiVersion: system.apiVersion,
    kind: system.kind,
    metadata: { ...systemMetadata(system.metadata), ...(metadata as Partial<ObjectMeta>) },
    ...rest,
  }
}

function systemMetadata(metadata: ObjectMeta): ObjectMeta {
  const owned: readonly string[] = OWNED_METADATA
  return Object.fromEntries(
    Object.entries(metadata).filter(([name]) => !owned.includes(name)),
  ) as unknown as ObjectMeta
}

/** A copy without one member of the object; the same object when it has none. */
export function without(object: KubernetesObject, member: string): KubernetesObject {
  if (!(member in object)) return object
  return Object.fromEntries(
    Object.entries(object).filter(([name]) => name !== member),
  ) as KubernetesObject
}
