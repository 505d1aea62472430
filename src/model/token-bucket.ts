/** A rate limit with a burst. */
import type { Clock, Ms } from './clock.ts'

export class TokenBucket {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #filledAt: Ms

  constructor(clock: Pick<Clock, 'monotonic'>, perSecond: number, burst: number) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#filledAt = clock.monotonic()
  }

  /** Takes one token; false when there is none. */
  take(): boolean {
    const now = this.#clock.monotonic()
    const earned = ((now - this.#filledAt) / 1_000) * this.#perSecond
    this.#tokens = Math.min(this.#burst, this.#tokens + earned)
    this.#filledAt = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
