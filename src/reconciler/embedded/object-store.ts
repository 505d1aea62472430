/** The objects of the embedded cluster in memory, by kind and key. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import {
  type ObjectId,
  type ObjectKey,
  type ObjectKind,
  toObjectId,
  toObjectKey,
} from '../../model/object-id.ts'

declare const kindKey: unique symbol
/** `group/kind`: objects of one kind whatever the version. */
export type KindKey = string & { readonly [kindKey]: true }

export function toKindKey(kind: Pick<ObjectKind, 'group' | 'kind'>): KindKey {
  return `${kind.group}/${kind.kind}` as KindKey
}

export class ObjectStore {
  readonly #kinds = new Map<KindKey, Map<ObjectKey, KubernetesObject>>()

  get(id: ObjectId): KubernetesObject | undefined {
    return this.#kinds.get(toKindKey(id))?.get(toObjectKey(id))
  }

  ofKind(kind: ObjectKind): Iterable<KubernetesObject> {
    return this.#kinds.get(toKindKey(kind))?.values() ?? []
  }

  *all(): Iterable<KubernetesObject> {
    for (const objects of this.#kinds.values()) yield* objects.values()
  }

  put(object: KubernetesObject): void {
    const id = toObjectId(object)
    const key = toKindKey(id)
    let objects = this.#kinds.get(key)
    if (objects === undefined) {
      objects = new Map()
      this.#kinds.set(key, objects)
    }
    objects.set(toObjectKey(id), object)
  }

  remove(id: ObjectId): void {
    this.#kinds.get(toKindKey(id))?.delete(toObjectKey(id))
  }
}
