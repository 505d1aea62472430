/** Entropy that gives the same bytes every time. */
import type { Entropy } from '../../src/model/entropy.ts'

export class SeededEntropy implements Entropy {
  #state: number

  constructor(seed = 1) {
    this.#state = seed
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#next())
  }

  /** xorshift32: good enough to be different every time. */
  #next(): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return this.#state & 0xff
  }
}
