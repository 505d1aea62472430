/** Which Kubernetes object is meant, and the key it has in maps. */
import type { KubernetesObject } from './kubernetes-object.ts'

/** A kind of object: its API group (empty for the core group), version and kind. */
export interface ObjectKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** `namespace` is empty for cluster-scoped objects. */
export interface ObjectId extends ObjectKind {
  readonly namespace: string
  readonly name: string
}

declare const objectKey: unique symbol
/** `group/kind/namespace/name`: the identity of an object whatever the version it is read at. */
export type ObjectKey = string & { readonly [objectKey]: true }

export function toObjectKey(id: Omit<ObjectId, 'version'>): ObjectKey {
  return `${id.group}/${id.kind}/${id.namespace}/${id.name}` as ObjectKey
}

const keptKeys = new WeakMap<object, ObjectKey>()

/** The same, for ids that are kept for long and asked for often: always the same string, so that maps find it at once. */
export function keptKey(id: Omit<ObjectId, 'version'>): ObjectKey {
  const known = keptKeys.get(id)
  if (known !== undefined) return known
  const key = toObjectKey(id)
  keptKeys.set(id, key)
  return key
}

export function toApiVersion(kind: ObjectKind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
}

export function toObjectKind(object: Pick<KubernetesObject, 'apiVersion' | 'kind'>): ObjectKind {
  const slash = object.apiVersion.indexOf('/')
  return {
    group: slash < 0 ? '' : object.apiVersion.slice(0, slash),
    version: object.apiVersion.slice(slash + 1),
    kind: object.kind,
  }
}

export function toObjectId(object: KubernetesObject): ObjectId {
  return {
    ...toObjectKind(object),
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
  }
}

/** For people: `TrafficTarget bookstore/bookbuyer`, or `Namespace bookstore` where there is no namespace. */
export function printObjectId(id: Pick<ObjectId, 'kind' | 'namespace' | 'name'>): string {
  return id.namespace === '' ? `${id.kind} ${id.name}` : `${id.kind} ${id.namespace}/${id.name}`
}
