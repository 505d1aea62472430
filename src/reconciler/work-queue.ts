/** What is to be done when, by key: equal keys merge and keep the earliest moment, and no key runs twice at a time. */
import type { Ms } from '../model/clock.ts'

export interface Work<Key> {
  readonly key: Key
  /** On the monotonic clock. */
  readonly at: Ms
  /** Why, in the order they were given, each once: for people, never for deciding. */
  readonly reasons: readonly string[]
}

export class WorkQueue<Key> {
  readonly #waiting = new Map<Key, Work<Key>>()
  readonly #running = new Set<Key>()

  /** A key that runs is kept for when it has ended: what it was asked for may have been read already. */
  add(key: Key, at: Ms, reason: string): void {
    const known = this.#waiting.get(key)
    const reasons = new Set([...(known?.reasons ?? []), reason])
    this.#waiting.set(key, { key, at: Math.min(at, known?.at ?? at), reasons: [...reasons] })
  }

  /** When the next key that is free comes due. */
  nextAt(): Ms | undefined {
    return this.#next()?.at
  }

  /** Takes what is due; the caller says when it ended. */
  take(now: Ms): Work<Key> | undefined {
    const next = this.#next()
    if (next === undefined || next.at > now) return undefined
    this.#waiting.delete(next.key)
    this.#running.add(next.key)
    return next
  }

  ended(key: Key): void {
    this.#running.delete(key)
  }

  #next(): Work<Key> | undefined {
    let earliest: Work<Key> | undefined
    for (const work of this.#waiting.values())
      if (!this.#running.has(work.key) && work.at < (earliest?.at ?? Number.POSITIVE_INFINITY))
        earliest = work
    return earliest
  }
}
