/** A clock that tests step: nothing ever waits for real time. */
import type { Clock, Instant, Ms } from '../../src/model/clock.ts'

interface Sleeper {
  readonly due: Ms
  readonly wake: () => void
}

export class FakeClock implements Clock {
  #wall: number
  #monotonic = 0
  readonly #sleepers = new Set<Sleeper>()

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#wall = startMs
  }

  now(): Instant {
    return this.#wall as Instant
  }

  monotonic(): Ms {
    return this.#monotonic
  }

  /** How many sleeps have not ended yet. */
  get sleeping(): number {
    return this.#sleepers.size
  }

  sleep(span: Ms, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted || span <= 0) return resolve()
      const sleeper: Sleeper = { due: this.#monotonic + span, wake: () => end() }
      const end = (): void => {
        this.#sleepers.delete(sleeper)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      signal?.addEventListener('abort', end, { once: true })
      this.#sleepers.add(sleeper)
    })
  }

  /** Moves time on, waking sleepers one by one in the order they are due, each seeing its own moment. */
  async advance(span: Ms): Promise<void> {
    const end = this.#monotonic + span
    await settle()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#moveTo(next.due)
      next.wake()
      await settle()
    }
    this.#moveTo(end)
    await settle()
  }

  /** The wall clock alone jumps, as when somebody sets it: spans go on as if nothing happened. */
  jumpWall(span: Ms): void {
    this.#wall += span
  }

  #next(end: Ms): Sleeper | undefined {
    let earliest: Sleeper | undefined
    for (const sleeper of this.#sleepers)
      if (sleeper.due <= end && (earliest === undefined || sleeper.due < earliest.due))
        earliest = sleeper
    return earliest
  }

  #moveTo(monotonic: Ms): void {
    this.#wall += monotonic - this.#monotonic
    this.#monotonic = monotonic
  }
}

/** Lets everything that can run without time passing run: all microtasks end before the next immediate. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
