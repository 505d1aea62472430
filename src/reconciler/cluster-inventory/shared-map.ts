/** A map that is changed in place between snapshots and shared by them: what did not change is the same map as before. */
import { isDeepStrictEqual } from 'node:util'

export class SharedMap<K, V> {
  #map = new Map<K, V>()
  #isShared = false

  get(key: K): V | undefined {
    return this.#map.get(key)
  }

  /** A value equal to the one there leaves everything as it is. `undefined` takes the key out. */
  set(key: K, value: V | undefined): void {
    const before = this.#map.get(key)
    if (before === value || isDeepStrictEqual(before, value)) return
    this.#unshare()
    if (value === undefined) this.#map.delete(key)
    else this.#map.set(key, value)
  }

  /** The map as it is now; later changes do not reach it. */
  snapshot(): ReadonlyMap<K, V> {
    this.#isShared = true
    return this.#map
  }

  #unshare(): void {
    if (!this.#isShared) return
    this.#map = new Map(this.#map)
    this.#isShared = false
  }
}
