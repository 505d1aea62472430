/** What a remote has asked of us: to be left alone for a while, and not to be asked again for what is too much. */
import type { Clock, Ms } from '../../model/clock.ts'
import { GitSourceError } from '../git-source.ts'

/** What was too large an hour ago is tried again: a limit that we met may have been met by mistake. */
const REMEMBERED_MS: Ms = 60 * 60_000

interface Refusal {
  readonly oid: string
  readonly error: GitSourceError
  readonly until: Ms
}

export class RemoteManners {
  readonly #clock: Clock
  readonly #url: string
  /** Moments of the monotonic clock. */
  #quietUntil: Ms = 0
  #tooLarge: Refusal | undefined

  /** `url` is printable. */
  constructor(options: { readonly clock: Clock; readonly url: string }) {
    this.#clock = options.clock
    this.#url = options.url
  }

  /** Asks nothing while the server wants to be left alone, whoever has triggered it; throws `HostUnreachable` then. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    const now = this.#clock.monotonic()
    const leftMs = this.#quietUntil - now
    if (leftMs > 0) throw this.#quiet(leftMs)
    try {
      return await question()
    } catch (error) {
      const pause = error instanceof GitSourceError ? error.retryAfterMs : undefined
      if (pause !== undefined) this.#quietUntil = this.#clock.monotonic() + pause
      throw error
    }
  }

  /** The same for a fetch; one that was stopped because it was too large is not begun again for the same object. */
  async fetch<T>(oid: string, fetching: () => Promise<T>): Promise<T> {
    const known = this.#tooLarge
    if (known?.oid === oid && this.#clock.monotonic() < known.until) throw known.error
    try {
      return await this.ask(fetching)
    } catch (error) {
      if (error instanceof GitSourceError && error.code === 'LimitExceeded')
        this.#tooLarge = { oid, error, until: this.#clock.monotonic() + REMEMBERED_MS }
      throw error
    }
  }

  #quiet(leftMs: Ms): GitSourceError {
    return new GitSourceError(
      'HostUnreachable',
      `${this.#url} asked for a pause, and is left alone for ${Math.ceil(leftMs / 1000)} s more; poll less often`,
      { retryAfterMs: leftMs },
    )
  }
}
