/** Who keeps changing an object that we keep putting back, and how long to let it rest. Pure but for its memory. */
import type { Ms } from '../../model/clock.ts'

/** More corrections than this within a minute are a fight. */
const FIGHT_AFTER = 5
const WINDOW_MS: Ms = 60_000
const LONGEST_REST_MS: Ms = 60_000

interface Correction {
  readonly at: Ms
  readonly managers: readonly string[]
}

export class FightRecord {
  #corrections: readonly Correction[] = []
  #rounds = 0

  /** Notes a correction of what the managers changed; answers whether the object is being fought over. */
  correctedAt(at: Ms, managers: readonly string[]): boolean {
    const recent = this.#corrections.filter((correction) => correction.at > at - WINDOW_MS)
    this.#corrections = [...recent, { at, managers }]
    const isFight = this.#corrections.length > FIGHT_AFTER
    this.#rounds = isFight ? this.#rounds + 1 : 0
    return isFight
  }

  /** Everybody who changed it within the last minute, the latest last: of a deletion the cluster does not say whose it was. */
  get managers(): readonly string[] {
    return [...new Set(this.#corrections.flatMap(({ managers }) => managers))]
  }

  /** How long to wait before the next correction: nothing, or in a fight longer with each round. */
  get restMs(): Ms {
    return this.#rounds === 0 ? 0 : Math.min(LONGEST_REST_MS, 1_000 * 2 ** (this.#rounds - 1))
  }
}
