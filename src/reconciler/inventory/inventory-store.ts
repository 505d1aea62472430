/**
 * Keeps a repository's inventory in the cluster itself, as ConfigMaps of the control namespace: it lives and dies with the
 * objects it speaks of. When it is lost or damaged, it is found again by the marks on the objects.
 */
import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject, ObjectMeta } from '../../model/kubernetes-object.ts'
import type { Logger } from '../../model/logger.ts'
import { type ObjectId, type ObjectKind, toObjectId, toObjectKey } from '../../model/object-id.ts'
import { appliedKinds } from '../../render/kubernetes/applied-kinds.ts'
import { type Cluster, ClusterError } from '../cluster.ts'
import { FIELD_MANAGER, REPOSITORY_LABEL, repositoryOf } from '../owner-mark.ts'
import { preconditionsOf } from '../preconditions-of.ts'
import { withLimit } from '../with-limit.ts'
import { parentMetadata, toApplySet } from './apply-set.ts'
import { EMPTY_INVENTORY, type Inventory, type InventoryEntry } from './inventory.ts'
import {
  fromHeadContents,
  fromShard,
  toEntries,
  toHeadContents,
  toShards,
  type WrittenShards,
} from './inventory-shards.ts'

const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' }
/** Shards written at once. */
const CONCURRENCY = 8
export const INVENTORY_LABEL = 'plumbline.dev/inventory'

export interface InventoryStoreOptions {
  readonly cluster: Cluster
  /** Where the ConfigMaps are kept; must exist. */
  readonly namespace: string
  /** The repository's name in this cluster: a label value. */
  readonly repository: string
  readonly log: Logger
}

/** The object that is there once the repository has been applied. */
export function inventoryHeadId(namespace: string, repository: string): ObjectId {
  return { ...CONFIG_MAP, namespace, name: headName(repository) }
}

export class InventoryStore {
  readonly #cluster: Cluster
  readonly #namespace: string
  readonly #repository: string
  readonly #log: Logger
  /** The ConfigMaps as they were last read or written, by name: what a save replaces, and nothing else. */
  #stored = new Map<string, KubernetesObject>()
  #shards = 1
  /** As it was written out last. */
  #written: WrittenShards | undefined

  constructor(options: InventoryStoreOptions) {
    this.#cluster = options.cluster
    this.#namespace = options.namespace
    this.#repository = options.repository
    this.#log = options.log
  }

  /** Throws `ClusterError` when the cluster cannot say; never an empty inventory in its place. */
  async load(): Promise<Inventory> {
    const { items } = await this.#cluster.list(CONFIG_MAP, {
      namespace: this.#namespace,
      labels: { [INVENTORY_LABEL]: this.#repository },
    })
    this.#stored = new Map(items.map((item) => [item.metadata.name, item]))
    const head = fromHeadContents(this.#stored.get(this.#headName())?.['data'])
    this.#shards = head?.shards ?? 1
    const shards = Array.from({ length: this.#shards }, (_, index) =>
      fromShard(this.#stored.get(this.#shardName(this.#shards, index))?.['data']),
    )
    if (head !== undefined && shards.every((shard) => shard !== undefined))
      return { accepted: head.accepted, applied: head.applied, entries: toEntries(shards) }
    return await this.#recover({
      ...EMPTY_INVENTORY,
      accepted: head?.accepted,
      applied: head?.applied,
      entries: toEntries(shards.map((shard) => shard ?? [])),
    })
  }

  /** Writes what differs from what is stored. `Conflict` when somebody else wrote the inventory meanwhile. */
  async save(inventory: Inventory): Promise<void> {
    const shards = toShards(inventory, this.#shards, this.#written)
    await withLimit([...shards.entries()], CONCURRENCY, async ([index, contents]) => {
      await this.#write(this.#shardName(shards.length, index), contents)
    })
    // The head last: until it names them, new shards mean nothing.
    const head = { accepted: inventory.accepted, applied: inventory.applied, shards: shards.length }
    const set = toApplySet(inventoryHeadId(this.#namespace, this.#repository))
    await this.#write(this.#headName(), toHeadContents(head), parentMetadata(set, idsOf(inventory)))
    this.#shards = shards.length
    this.#written = { entries: inventory.entries, contents: shards }
    await this.#removeOtherLayouts()
  }

  async #write(
    name: string,
    data: Readonly<Record<string, string>>,
    { labels, annotations }: Pick<ObjectMeta, 'labels' | 'annotations'> = {},
  ): Promise<void> {
    const stored = this.#stored.get(name)
    const given = {
      labels: { ...stored?.metadata.labels, ...labels, [INVENTORY_LABEL]: this.#repository },
      ...(annotations && { annotations: { ...stored?.metadata.annotations, ...annotations } }),
    }
    if (stored !== undefined && isDeepStrictEqual(stored['data'], data) && hasAll(stored, given))
      return
    const options = { fieldManager: FIELD_MANAGER }
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        namespace: this.#namespace,
        name,
        ...given,
        ...(stored?.metadata.resourceVersion === undefined
          ? {}
          : { resourceVersion: stored.metadata.resourceVersion }),
      },
      data,
    }
    const written =
      stored === undefined
        ? await this.#cluster.create(object, options)
        : await this.#cluster.update(object, options)
    this.#stored.set(name, written)
  }

  /** What a crash left between two layouts, or an earlier layout. */
  async #removeOtherLayouts(): Promise<void> {
    const current = new Set([
      this.#headName(),
      ...Array.from({ length: this.#shards }, (_, index) => this.#shardName(this.#shards, index)),
    ])
    for (const [name, object] of this.#stored) {
      if (current.has(name)) continue
      await deleteIfThere(this.#cluster, object)
      this.#stored.delete(name)
    }
  }

  /**
   * Every object that rightly carries our mark, beside what is still known. Only kinds that we apply are listed: the rights
   * to apply them are enough, and nobody's Secrets are looked through.
   */
  async #recover(known: Inventory): Promise<Inventory> {
    const marked: KubernetesObject[] = []
    for (const kind of appliedKinds()) {
      const labels = { [REPOSITORY_LABEL]: this.#repository }
      marked.push(...(await listIfServed(this.#cluster, kind, labels)))
    }
    const found = marked.filter((object) => repositoryOf(object) === this.#repository)
    if (found.length > 0 || this.#stored.size > 0)
      this.#log.warn('the inventory was lost or damaged and is rebuilt from the marks on objects', {
        repository: this.#repository,
        objects: found.length,
      })
    const entries = new Map(known.entries)
    for (const object of found) {
      const entry: InventoryEntry = { id: toObjectId(object) }
      const key = toObjectKey(entry.id)
      if (!entries.has(key)) entries.set(key, entry)
    }
    return { ...known, entries }
  }

  #headName(): string {
    return headName(this.#repository)
  }

  #shardName(count: number, index: number): string {
    return `plumbline-inventory-${this.#repository}.${count}.${index}`
  }
}

function* idsOf({ entries }: Inventory): Generator<ObjectId> {
  for (const { id } of entries.values()) yield id
}

function headName(repository: string): string {
  return `plumbline-inventory-${repository}`
}

function hasAll(
  { metadata }: KubernetesObject,
  { labels, annotations }: Pick<ObjectMeta, 'labels' | 'annotations'>,
): boolean {
  return (
    isDeepStrictEqual(metadata.labels, labels) &&
    (annotations === undefined || isDeepStrictEqual(metadata.annotations, annotations))
  )
}

async function listIfServed(
  cluster: Cluster,
  kind: ObjectKind,
  labels: Readonly<Record<string, string>>,
): Promise<readonly KubernetesObject[]> {
  try {
    return (await cluster.list(kind, { labels })).items
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'KindNotServed') return []
    throw error
  }
}

/** Only as it was read: another control plane may have made it part of its layout since. */
async function deleteIfThere(cluster: Cluster, object: KubernetesObject): Promise<void> {
  try {
    await cluster.delete(toObjectId(object), preconditionsOf(object))
  } catch (error) {
    if (!(error instanceof ClusterError && error.code === 'NotFound')) throw error
  }
}
