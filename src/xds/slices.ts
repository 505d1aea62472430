/** Works through a set in slices, so that requests are answered between them. An item added twice is worked once. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, Ms } from '../model/clock.ts'

export interface SlicesOptions<Item> {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly sliceMs: Ms
  /** Must not throw. */
  readonly work: (item: Item) => void
  /** Called whenever the set has become empty. */
  readonly done: () => void
}

export class Slices<Item> {
  readonly #options: SlicesOptions<Item>
  readonly #items = new Set<Item>()
  #running = false

  constructor(options: SlicesOptions<Item>) {
    this.#options = options
  }

  /** The first slice runs before this returns: on an idle server a change leaves at once. */
  add(items: Iterable<Item>): void {
    for (const item of items) this.#items.add(item)
    if (this.#running) return
    this.#running = true
    void this.#run()
  }

  delete(item: Item): void {
    this.#items.delete(item)
  }

  async #run(): Promise<void> {
    do {
      this.#slice()
      if (this.#items.size > 0) await nextTurn()
    } while (this.#items.size > 0)
    this.#running = false
    this.#options.done()
  }

  #slice(): void {
    const { clock, sliceMs, work } = this.#options
    const end = clock.monotonic() + sliceMs
    for (const item of this.#items) {
      this.#items.delete(item)
      work(item)
      if (clock.monotonic() >= end) return
    }
  }
}
