/** Takes requests that come close together as one: at once when idle, and under a storm after a quiet moment. */
import type { Clock, Ms } from '../model/clock.ts'

export interface DebounceOptions {
  /** A request this long after the last run is taken at once; during a storm, a run waits for this much quiet. */
  readonly quietMs: Ms
  /** No request waits longer than this. */
  readonly maxDelayMs: Ms
  readonly clock: Clock
  readonly run: () => void
}

export class Debounce {
  readonly #options: DebounceOptions
  readonly #closed = new AbortController()
  #lastRun = Number.NEGATIVE_INFINITY
  #lastRequest = Number.NEGATIVE_INFINITY
  #waiting = false

  constructor(options: DebounceOptions) {
    this.#options = options
  }

  request(): void {
    const { clock, quietMs } = this.#options
    const previous = Math.max(this.#lastRun, this.#lastRequest)
    this.#lastRequest = clock.monotonic()
    if (this.#waiting || this.#closed.signal.aborted) return
    const isIdle = this.#lastRequest - previous >= quietMs
    if (isIdle) this.#run()
    else void this.#wait(this.#lastRequest)
  }

  /** Drops what waits. */
  close(): void {
    this.#closed.abort()
  }

  async #wait(first: Ms): Promise<void> {
    const { clock, quietMs, maxDelayMs } = this.#options
    const { signal } = this.#closed
    this.#waiting = true
    for (;;) {
      const due = Math.min(this.#lastRequest + quietMs, first + maxDelayMs)
      const left = due - clock.monotonic()
      if (left <= 0 || signal.aborted) break
      await clock.sleep(left, signal)
    }
    this.#waiting = false
    if (!signal.aborted) this.#run()
  }

  #run(): void {
    this.#lastRun = this.#options.clock.monotonic()
    this.#options.run()
  }
}
