/**
 * The last changes of one kind, and the watchers that follow them. A watcher is a position in the history, not a buffer:
 * a slow one costs no memory, and one that falls off the end is told `Expired`.
 */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'

export interface Change {
  readonly version: number
  /** Absent for a new object. */
  readonly before: KubernetesObject | undefined
  /** Absent for a deleted object. */
  readonly after: KubernetesObject | undefined
}

export class WatchHistory {
  readonly #limit: number
  #changes: Change[] = []
  /** Sequence number of the first change that is kept. */
  #first = 0
  /** The version up to which changes are no longer known. */
  #floor: number
  #wake = Promise.withResolvers<void>()

  constructor(options: { readonly floor: number; readonly limit: number }) {
    this.#floor = options.floor
    this.#limit = options.limit
  }

  append(change: Change): void {
    this.#changes.push(change)
    // Cut half at once, so that appending stays cheap.
    if (this.#changes.length > this.#limit)
      this.#cut(this.#changes.length - Math.ceil(this.#limit / 2))
    this.wake()
  }

  /** Lets every waiting watcher look again. */
  wake(): void {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers<void>()
  }

  /** Resolves at the next change, or at `wake`. */
  changed(): Promise<void> {
    return this.#wake.promise
  }

  /** The position after everything up to the version; `undefined` when the history does not reach back that far. */
  seek(version: number): number | undefined {
    if (version < this.#floor) return undefined
    const index = this.#changes.findIndex((change) => change.version > version)
    return this.#first + (index < 0 ? this.#changes.length : index)
  }

  /** The change at a position; `expired` when it is no longer kept, `undefined` when it is still to come. */
  read(position: number): Change | 'expired' | undefined {
    return position < this.#first ? 'expired' : this.#changes[position - this.#first]
  }

  #cut(count: number): void {
    this.#floor = this.#changes[count - 1]?.version ?? this.#floor
    this.#changes = this.#changes.slice(count)
    this.#first += count
  }
}
