/** What it means to lead: until when, and how whoever acts as the leader knows. */
import type { Clock, Ms } from '../../model/clock.ts'

export interface Leadership {
  /** Aborts when it is lost, at the latest at the renew deadline, and when it is to be given up. */
  readonly signal: AbortSignal
  /**
   * Whether we lead at this moment, judged by the monotonic clock: a process that was stopped, or whose event loop was blocked,
   * sees its timers late and `signal` later still. Never true again once it was false.
   */
  isHeld(): boolean
}

/** One term of leading, from the write that made us the leader to the deadline that no renewal moved. */
export class Term implements Leadership {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #lastsMs: Ms
  readonly #ending = new AbortController()
  #heldUntil: Ms
  #isOver = false

  /** `sentAt`: when the write left. Others count from when they see it, which is later. */
  constructor(options: {
    readonly clock: Pick<Clock, 'monotonic'>
    readonly lastsMs: Ms
    readonly sentAt: Ms
  }) {
    this.#clock = options.clock
    this.#lastsMs = options.lastsMs
    this.#heldUntil = options.sentAt + options.lastsMs
  }

  get signal(): AbortSignal {
    return this.#ending.signal
  }

  /** Until the deadline; not above zero once it is over. */
  get leftMs(): Ms {
    return this.isHeld() ? this.#heldUntil - this.#clock.monotonic() : 0
  }

  isHeld(): boolean {
    if (this.#clock.monotonic() >= this.#heldUntil) this.#isOver = true
    return !this.#isOver
  }

  /** A renewal that left at `sentAt` has been stored. One whose answer came after the deadline is too late. */
  renewed(sentAt: Ms): void {
    if (this.isHeld()) this.#heldUntil = sentAt + this.#lastsMs
  }

  /** Asks whoever leads to end; what is under way may still be written. */
  giveUp(reason: Error): void {
    this.#ending.abort(reason)
  }

  /** From now on nothing may be written. */
  end(reason: Error): void {
    this.#isOver = true
    this.#ending.abort(reason)
  }
}
