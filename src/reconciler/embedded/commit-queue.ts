/**
 * Orders the writes of the embedded cluster: a writer sees every write before its own, a reader only what is durable.
 * Writes that arrive while the disk is busy go down together with one sync. When a batch fails, every write that was
 * decided on top of it fails with it, and the state is what it was.
 */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ObjectId, type ObjectKey, toObjectId, toObjectKey } from '../../model/object-id.ts'
import type { ObjectStore } from './object-store.ts'
import type { Operation, Transaction, TransactionLog } from './transaction-log.ts'

interface Write {
  readonly transaction: Transaction
  readonly done: PromiseWithResolvers<void>
}

interface Latest {
  /** Absent for an object that is going. */
  readonly object: KubernetesObject | undefined
  readonly durable: Promise<void>
}

export class CommitQueue {
  readonly #log: Pick<TransactionLog, 'append'>
  readonly #committed: ObjectStore
  readonly #onCommit: (transaction: Transaction) => void
  readonly #latest = new Map<ObjectKey, Latest>()
  #queue: Write[] = []
  #flushing: Promise<void> | undefined
  #version: number
  #committedVersion: number

  constructor(options: {
    readonly log: Pick<TransactionLog, 'append'>
    readonly committed: ObjectStore
    readonly version: number
    /** Called once a transaction is durable, before the state shows it. */
    readonly onCommit: (transaction: Transaction) => void
  }) {
    this.#log = options.log
    this.#committed = options.committed
    this.#version = options.version
    this.#committedVersion = options.version
    this.#onCommit = options.onCommit
  }

  get committedVersion(): number {
    return this.#committedVersion
  }

  /** The object as the newest write leaves it, and when that is durable. */
  latest(id: ObjectId): Latest {
    return (
      this.#latest.get(toObjectKey(id)) ?? {
        object: this.#committed.get(id),
        durable: Promise.resolve(),
      }
    )
  }

  /** Everything as the newest writes leave it. */
  *latestObjects(): Iterable<KubernetesObject> {
    for (const object of this.#committed.all())
      if (!this.#latest.has(toObjectKey(toObjectId(object)))) yield object
    for (const { object } of this.#latest.values()) if (object !== undefined) yield object
  }

  /** Resolves when the operations are durable. `operations` gets the version they happen at. */
  commit(operations: (version: number) => readonly Operation[]): Promise<void> {
    const version = this.#version + 1
    this.#version = version
    const transaction = { version, operations: operations(version) }
    const done = Promise.withResolvers<void>()
    for (const operation of transaction.operations)
      this.#latest.set(toObjectKey(toObjectId(operation.object)), {
        object: operation.type === 'put' ? operation.object : undefined,
        durable: done.promise,
      })
    this.#queue.push({ transaction, done })
    this.#flushing ??= this.#flush()
    return done.promise
  }

  /** Resolves when nothing is on its way to the disk. */
  async idle(): Promise<void> {
    await this.#flushing
  }

  async #flush(): Promise<void> {
    // The other calls of this turn join the first batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) await this.#flushBatch(this.#queue.splice(0))
    this.#flushing = undefined
  }

  async #flushBatch(batch: readonly Write[]): Promise<void> {
    try {
      await this.#log.append(
        batch.map((write) => write.transaction),
        { version: this.#committedVersion, objects: this.#committed.all() },
      )
    } catch (error) {
      this.#latest.clear()
      for (const write of [...batch, ...this.#queue.splice(0)]) write.done.reject(error)
      return
    }
    for (const { transaction, done } of batch) {
      this.#show(transaction, done.promise)
      done.resolve()
    }
  }

  #show(transaction: Transaction, durable: Promise<void>): void {
    this.#onCommit(transaction)
    this.#committedVersion = transaction.version
    for (const { type, object } of transaction.operations) {
      const id = toObjectId(object)
      if (type === 'put') this.#committed.put(object)
      else this.#committed.remove(id)
      if (this.#latest.get(toObjectKey(id))?.durable === durable)
        this.#latest.delete(toObjectKey(id))
    }
  }
}
