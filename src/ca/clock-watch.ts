/** Reads both clocks and reports when somebody set the wall clock: certificates depend on it, and so do their readers. */
import type { Clock, Ms } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import type { Moment } from './renewal-schedule.ts'

/** Less than the backdating of certificates, more than NTP moves a clock at once. */
const JUMP_MS: Ms = 60_000

export class ClockWatch {
  readonly #clock: Clock
  readonly #log: Logger
  #last: Moment | undefined

  constructor(tools: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = tools.clock
    this.#log = tools.log
  }

  look(): Moment {
    const now = { wall: this.#clock.now(), monotonic: this.#clock.monotonic() }
    const last = this.#last ?? now
    const jumpMs = now.wall - last.wall - (now.monotonic - last.monotonic)
    if (Math.abs(jumpMs) > JUMP_MS)
      this.#log.warn('the wall clock jumped; certificates are judged by it', { jumpMs })
    this.#last = now
    return now
  }
}
