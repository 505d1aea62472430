/** The inventory as it is stored, read once and then remembered: for whoever is the only one to write it. */
import type { Inventory } from './inventory.ts'
import type { InventoryStore } from './inventory-store.ts'

export class InventoryKeeper {
  readonly #store: Pick<InventoryStore, 'load' | 'save'>
  #current: Inventory | undefined

  constructor(store: Pick<InventoryStore, 'load' | 'save'>) {
    this.#store = store
  }

  /** As far as it is known; `undefined` when it has to be read. */
  get current(): Inventory | undefined {
    return this.#current
  }

  /** Throws `ClusterError`. */
  async load(): Promise<Inventory> {
    return this.#current ?? (await this.reload())
  }

  /** For whoever is not the only one to write it. Throws `ClusterError`. */
  async reload(): Promise<Inventory> {
    this.#current = await this.#store.load()
    return this.#current
  }

  /** Writes only what differs. Throws `ClusterError`: `Conflict` when somebody else wrote it meanwhile. */
  async save(next: Inventory): Promise<Inventory> {
    const { accepted, applied, entries } = await this.load()
    const isSame =
      accepted === next.accepted && applied === next.applied && entries === next.entries
    if (!isSame) await this.#store.save(next)
    this.#current = next
    return next
  }

  /** What is stored may not be what we remember: it is read before it is used again. */
  forget(): void {
    this.#current = undefined
  }
}
