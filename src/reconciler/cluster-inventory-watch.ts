/** Keeps the cluster's inventory by watches, and hands on each new one: never before every kind is known, never twice the same. */
import type { Clock } from '../model/clock.ts'
import type { ClusterInventory } from '../model/cluster-inventory.ts'
import type { Entropy } from '../model/entropy.ts'
import type { Logger } from '../model/logger.ts'
import type { ObjectKind } from '../model/object-id.ts'
import type { Cluster } from './cluster.ts'
import {
  INVENTORY_KINDS,
  type InventoryKind,
  InventoryTables,
} from './cluster-inventory/inventory-tables.ts'
import { reflect } from './reflect.ts'

const KINDS = {
  Namespace: { group: '', version: 'v1', kind: 'Namespace' },
  Service: { group: '', version: 'v1', kind: 'Service' },
  EndpointSlice: { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice' },
  Pod: { group: '', version: 'v1', kind: 'Pod' },
} as const satisfies Record<InventoryKind, ObjectKind>

export interface ClusterInventoryWatchOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** Called once a batch of changes, the first time when every kind has been listed. What it throws is logged. */
  readonly onChange: (inventory: ClusterInventory) => void
}

export class ClusterInventoryWatch {
  readonly #options: ClusterInventoryWatchOptions
  readonly #tables = new InventoryTables()
  readonly #unlisted = new Set<InventoryKind>(INVENTORY_KINDS)
  readonly #synced = Promise.withResolvers<void>()
  readonly #closing = new AbortController()
  readonly #watches: Promise<unknown>
  #isFlushDue = false
  #current: ClusterInventory | undefined

  /** Watches from now on. */
  constructor(options: ClusterInventoryWatchOptions) {
    this.#options = options
    this.#watches = Promise.all(INVENTORY_KINDS.map((kind) => this.#watch(kind)))
  }

  /** Resolves when the first inventory has been handed on. */
  get synced(): Promise<void> {
    return this.#synced.promise
  }

  /** `undefined` before it is known. */
  get current(): ClusterInventory | undefined {
    return this.#current
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#watches
  }

  async #watch(name: InventoryKind): Promise<void> {
    const { cluster, clock, entropy, log } = this.#options
    const options = {
      ...{ cluster, clock, entropy, log, kind: KINDS[name] },
      onList: (items: Parameters<InventoryTables['replace']>[1]) => {
        this.#tables.replace(name, items)
        this.#unlisted.delete(name)
        this.#flushSoon()
      },
      onEvent: ({ type, object }: Parameters<Parameters<typeof reflect>[0]['onEvent']>[0]) => {
        if (type === 'deleted') this.#tables.remove(name, object)
        else this.#tables.put(name, object)
        this.#flushSoon()
      },
    }
    await reflect(options, this.#closing.signal)
  }

  /** Changes that arrive in one turn are handed on together. */
  #flushSoon(): void {
    if (this.#isFlushDue || this.#unlisted.size > 0) return
    this.#isFlushDue = true
    setImmediate(() => {
      this.#isFlushDue = false
      if (!this.#closing.signal.aborted) this.#flush()
    })
  }

  #flush(): void {
    const next = this.#tables.snapshot()
    if (next === this.#current) return
    this.#current = next
    try {
      this.#options.onChange(next)
    } catch (error) {
      this.#options.log.error('whoever follows the inventory threw', { error })
    }
    this.#synced.resolve()
  }
}
