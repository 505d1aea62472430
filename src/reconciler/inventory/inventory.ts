/** What a repository owns in a cluster, and how far its commits have come. Immutable. */
import type { CommitSha } from '../../model/commit-sha.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { keptKey, type ObjectId, type ObjectKey } from '../../model/object-id.ts'

export interface InventoryEntry {
  readonly id: ObjectId
  /** What we last wrote; absent until the first write is known to have happened. */
  readonly applied?: {
    readonly uid: string
    /** Content hash of the object we applied. */
    readonly hash: string
    /** The object's version after it: while the live object is at it, nobody has touched it. */
    readonly resourceVersion: string
  }
}

export interface Inventory {
  /** The newest commit that was validated and whose objects we began to write: what a restart goes back to. */
  readonly accepted: CommitSha | undefined
  /** The newest commit of which every object was written. */
  readonly applied: CommitSha | undefined
  readonly entries: ReadonlyMap<ObjectKey, InventoryEntry>
}

export const EMPTY_INVENTORY: Inventory = {
  accepted: undefined,
  applied: undefined,
  entries: new Map(),
}

/** The inventory before the first write of a commit: what was owned and what will be, so that a crash orphans nothing. */
export function unionInventory(
  inventory: Inventory,
  commit: CommitSha,
  ids: Iterable<ObjectId>,
): Inventory {
  const added: ObjectId[] = []
  for (const id of ids) if (!inventory.entries.has(keptKey(id))) added.push(id)
  const entries =
    added.length === 0
      ? inventory.entries
      : new Map([...inventory.entries, ...added.map((id) => [keptKey(id), { id }] as const)])
  return { ...inventory, accepted: commit, entries }
}

export function toEntry(object: KubernetesObject, id: ObjectId, hash: string): InventoryEntry {
  const { uid = '', resourceVersion = '' } = object.metadata
  return { id, applied: { uid, hash, resourceVersion } }
}
