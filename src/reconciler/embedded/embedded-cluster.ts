/** The embedded cluster itself: each call of the port admitted, decided on the newest state, and answered once it is durable. */
import { isDeepStrictEqual } from 'node:util'
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { Clock } from '../../model/clock.ts'
import type { Entropy } from '../../model/entropy.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { messageOf } from '../../model/message-of.ts'
import {
  type ObjectId,
  type ObjectKind,
  printObjectId,
  toApiVersion,
  toObjectId,
  toObjectKey,
} from '../../model/object-id.ts'
import {
  type ApplyOptions,
  type Cluster,
  ClusterError,
  type ListOptions,
  type ObjectList,
  type Preconditions,
  type WatchEvent,
} from '../cluster.ts'
import { UnmergeableList } from '../fields/field-tree.ts'
import { namespaceId } from '../namespace-id.ts'
import { admitObject, freeze, invalid, servedResource } from './admit-object.ts'
import { type Birth, toBirth } from './birth.ts'
import { CommitQueue } from './commit-queue.ts'
import {
  assertApplies,
  assertPreconditions,
  decideApply,
  decideCreate,
  decideUpdate,
  isFinished,
} from './decide-write.ts'
import type { DirectoryLock } from './directory-lock.ts'
import { isSelected } from './label-selector.ts'
import type { ObjectStore } from './object-store.ts'
import type { Operation, Transaction, TransactionLog } from './transaction-log.ts'
import { WatchHub, type WatchOptions } from './watch-hub.ts'

export class EmbeddedCluster implements Cluster {
  readonly #directory: string
  readonly #clock: Clock
  readonly #entropy: Entropy
  readonly #lock: DirectoryLock
  readonly #transactions: TransactionLog
  readonly #store: ObjectStore
  readonly #watches: WatchHub
  readonly #queue: CommitQueue
  #isClosed = false

  constructor(options: {
    readonly directory: string
    readonly clock: Clock
    readonly entropy: Entropy
    readonly lock: DirectoryLock
    readonly transactions: TransactionLog
    readonly store: ObjectStore
    /** The newest resource version given out. */
    readonly version: number
    /** Changes of each kind that a watch can go back by. */
    readonly watchHistory: number
  }) {
    this.#directory = options.directory
    this.#clock = options.clock
    this.#entropy = options.entropy
    this.#lock = options.lock
    this.#transactions = options.transactions
    this.#store = options.store
    this.#watches = new WatchHub({
      clock: options.clock,
      version: options.version,
      historyLimit: options.watchHistory,
    })
    this.#queue = new CommitQueue({
      log: { append: (transactions, before) => this.#append(transactions, before) },
      committed: options.store,
      version: options.version,
      onCommit: (transaction) => this.#watches.publish(transaction, this.#store),
    })
  }

  async get(id: ObjectId): Promise<KubernetesObject | undefined> {
    this.#assertServes(id)
    return this.#store.get(id)
  }

  /** Sorted by namespace and name. */
  async list(kind: ObjectKind, options: ListOptions = {}): Promise<ObjectList> {
    this.#assertServes(kind)
    const items = [...this.#store.ofKind(kind)]
      .filter((object) => isSelected(object, options))
      .map((object) => [toObjectKey(toObjectId(object)), object] as const)
      .sort(([a], [b]) => byCodeUnit(a, b))
      .map(([, object]) => object)
    return { items, resourceVersion: String(this.#queue.committedVersion) }
  }

  watch(kind: ObjectKind, options: WatchOptions): AsyncIterable<WatchEvent> {
    this.#assertServes(kind)
    return this.#watches.watch(kind, options)
  }

  async apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject> {
    this.#assertOpen()
    const { object: applied, resource } = admitObject(object)
    if (applied.metadata.managedFields !== undefined)
      throw invalid(object, 'carries managedFields; leave them out, the cluster writes them')
    const { object: live, durable } = this.#liveForWrite(applied)
    const next = orInvalid(applied, () =>
      decideApply({
        live,
        applied,
        resource,
        manager: options.fieldManager,
        force: options.force,
        birth: this.#birth(),
      }),
    )
    if (live !== undefined && isDeepStrictEqual(live, next)) return await durable.then(() => live)
    return options.dryRun ? freeze(next) : await this.#putOrFinish(next)
  }

  async create(
    object: KubernetesObject,
    options: { readonly fieldManager: string },
  ): Promise<KubernetesObject> {
    this.#assertOpen()
    const { object: admitted, resource } = admitObject(object)
    if (this.#queue.latest(toObjectId(admitted)).object !== undefined)
      throw new ClusterError('AlreadyExists', `${print(admitted)} already exists`)
    this.#assertNamespaceExists(admitted)
    const manager = options.fieldManager
    const birth = this.#birth()
    return await this.#put(
      orInvalid(admitted, () => decideCreate({ object: admitted, resource, manager, birth })),
    )
  }

  async update(
    object: KubernetesObject,
    options: { readonly fieldManager: string; readonly subresource?: 'status' },
  ): Promise<KubernetesObject> {
    this.#assertOpen()
    const { object: admitted, resource } = admitObject(object)
    if (options.subresource === 'status' && !resource.hasStatus)
      throw new ClusterError('NotFound', `${resource.kind} has no status subresource`)
    const { object: live, durable } = this.#queue.latest(toObjectId(admitted))
    if (live === undefined) throw notFound(toObjectId(admitted))
    assertPreconditions(live, admitted.metadata)
    const next = orInvalid(admitted, () =>
      decideUpdate({
        live,
        object: admitted,
        resource,
        manager: options.fieldManager,
        subresource: options.subresource,
        time: this.#birth().time,
      }),
    )
    if (isDeepStrictEqual(live, next)) return await durable.then(() => live)
    return await this.#putOrFinish(next)
  }

  async delete(id: ObjectId, preconditions: Preconditions = {}): Promise<void> {
    this.#assertOpen()
    this.#assertServes(id)
    const { object: live } = this.#queue.latest(id)
    if (live === undefined) throw notFound(id)
    assertPreconditions(live, preconditions)
    if ((live.metadata.finalizers ?? []).length > 0) return await this.#markDeleted(live)
    await this.#remove([live, ...this.#objectsWithin(live)])
  }

  /** Ends the watches, waits for the writes under way, and lets the directory go. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#queue.idle()
    this.#watches.close()
    await this.#transactions.close()
    await this.#lock.release()
  }

  async ensureNamespaces(names: readonly string[]): Promise<void> {
    const absent = names.filter((name) => this.#store.get(namespaceId(name)) === undefined)
    await Promise.all(
      absent.map((name) =>
        this.create(
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
          { fieldManager: 'plumbline' },
        ),
      ),
    )
  }

  async #append(
    transactions: readonly Transaction[],
    before: Parameters<TransactionLog['append']>[1],
  ): Promise<void> {
    try {
      if (!(await this.#lock.isHeld())) throw new Error('another process took the directory over')
      await this.#transactions.append(transactions, before)
    } catch (error) {
      const reason = messageOf(error)
      throw new ClusterError(
        'Unavailable',
        `the write could not be stored in ${this.#directory} and did not happen: ${reason}`,
        { cause: error },
      )
    }
  }

  async #putOrFinish(next: KubernetesObject): Promise<KubernetesObject> {
    return isFinished(next) ? await this.#remove([next]).then(() => next) : await this.#put(next)
  }

  async #put(next: KubernetesObject): Promise<KubernetesObject> {
    const stored = Promise.withResolvers<KubernetesObject>()
    await this.#queue.commit((version) => {
      const metadata = { ...next.metadata, resourceVersion: String(version) }
      const object = freeze({ ...next, metadata })
      stored.resolve(object)
      return [{ type: 'put', object }]
    })
    return await stored.promise
  }

  async #remove(objects: readonly KubernetesObject[]): Promise<void> {
    await this.#queue.commit(() => objects.map((object): Operation => ({ type: 'remove', object })))
  }

  async #markDeleted(live: KubernetesObject): Promise<void> {
    if (live.metadata.deletionTimestamp !== undefined) return
    const metadata = { ...live.metadata, deletionTimestamp: this.#birth().time }
    await this.#put({ ...live, metadata })
  }

  /** A namespace takes what is in it along. */
  #objectsWithin(object: KubernetesObject): readonly KubernetesObject[] {
    if (object.kind !== 'Namespace' || object.apiVersion !== 'v1') return []
    const { name } = object.metadata
    return [...this.#queue.latestObjects()].filter((held) => held.metadata.namespace === name)
  }

  #liveForWrite(applied: KubernetesObject): ReturnType<CommitQueue['latest']> {
    const latest = this.#queue.latest(toObjectId(applied))
    if (latest.object === undefined) this.#assertNamespaceExists(applied)
    assertApplies(applied, latest.object)
    return latest
  }

  #assertNamespaceExists(object: KubernetesObject): void {
    const { namespace } = object.metadata
    if (namespace === undefined) return
    if (this.#queue.latest(namespaceId(namespace)).object === undefined)
      throw new ClusterError(
        'NotFound',
        `${print(object)} cannot be created: the namespace ${namespace} does not exist`,
      )
  }

  #assertServes(kind: ObjectKind): void {
    this.#assertOpen()
    servedResource({ apiVersion: toApiVersion(kind), kind: kind.kind })
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ClusterError('Unavailable', 'the embedded cluster is closed')
  }

  #birth(): Birth {
    return toBirth(this.#clock, this.#entropy)
  }
}

function orInvalid<T>(object: KubernetesObject, decide: () => T): T {
  try {
    return decide()
  } catch (error) {
    if (error instanceof UnmergeableList)
      throw invalid(object, `cannot be merged: ${error.message}`)
    throw error
  }
}

function notFound(id: ObjectId): ClusterError {
  return new ClusterError('NotFound', `${printObjectId(id)} does not exist`)
}

function print(object: KubernetesObject): string {
  return printObjectId(toObjectId(object))
}
