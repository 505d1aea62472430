/** Who keeps changing an object that we keep putting back, and how long to let it rest. Pure but for its memory. */
import type { Ms } from '../../model/clock.ts'

/** More corrections than this within a minute are a fight. */
const FIGHT_AFTER = 5
const WINDOW_MS: Ms = 60_000
const LONGEST_REST_MS: Ms = 60_000

export class FightRecord {
  #corrections: Ms[] = []
  #rounds = 0

  /** Notes a correction at the moment; answers whether the object is being fought over. */
  correctedAt(now: Ms): boolean {
    this.#corrections = [...this.#corrections.filter((at) => at > now - WINDOW_MS), now]
    const isFight = this.#corrections.length > FIGHT_AFTER
    this.#rounds = isFight ? this.#rounds + 1 : 0
    return isFight
  }

  /** How long to wait before the next correction: nothing, or in a fight longer with each round. */
  get restMs(): Ms {
    return this.#rounds === 0 ? 0 : Math.min(LONGEST_REST_MS, 1_000 * 2 ** (this.#rounds - 1))
  }
}
