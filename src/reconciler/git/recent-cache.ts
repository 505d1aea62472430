/** Keeps what the last two rounds used: bounded by the work itself, with nothing to tune. */
export class RecentCache<Value> {
  #before = new Map<string, Value>()
  #now = new Map<string, Value>()

  get(key: string): Value | undefined {
    const found = this.#now.get(key) ?? this.#before.get(key)
    if (found !== undefined) this.#now.set(key, found)
    return found
  }

  set(key: string, value: Value): void {
    this.#now.set(key, value)
  }

  /** Ends a round: what neither it nor the one before it touched is dropped. */
  turn(): void {
    this.#before = this.#now
    this.#now = new Map()
  }
}
