/** Pauses between attempts that fail: they double up to a cap, each drawn from its upper half, until a success resets them. */
import type { Ms } from '../model/clock.ts'
import type { Entropy } from '../model/entropy.ts'

export class JitteredBackOff {
  readonly #entropy: Entropy
  readonly #firstMs: Ms
  readonly #capMs: Ms
  #failures = 0

  constructor(options: { readonly entropy: Entropy; readonly firstMs: Ms; readonly capMs: Ms }) {
    this.#entropy = options.entropy
    this.#firstMs = options.firstMs
    this.#capMs = options.capMs
  }

  /** How long to wait after one more failure. */
  next(): Ms {
    const whole = Math.min(this.#capMs, this.#firstMs * 2 ** Math.min(this.#failures, 30))
    this.#failures += 1
    const [byte = 0] = this.#entropy.bytes(1)
    return Math.round(whole * (0.5 + byte / 510))
  }

  reset(): void {
    this.#failures = 0
  }
}
