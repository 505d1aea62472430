/** Whether this process leads now: what the election says, for those who act on it and for those who wait for it. */
import { whenAborted } from '../../../model/when-aborted.ts'
import type { Leadership } from '../../../reconciler/election/leadership.ts'

export class Leading {
  #term: Leadership | undefined
  #changed = new AbortController()
  readonly #acting = new Set<Promise<unknown>>()

  /** For a control plane that shares its cluster with no other. */
  static always(): Leading {
    const leading = new Leading()
    leading.#term = { signal: new AbortController().signal, isHeld: () => true }
    return leading
  }

  /** The term that lasts now; `undefined` while another replica leads, or none. */
  get term(): Leadership | undefined {
    return this.#term?.signal.aborted === true ? undefined : this.#term
  }

  /** Aborts when leading begins or ends. To miss nothing, take it before looking at the term. */
  get changed(): AbortSignal {
    return this.#changed.signal
  }

  /** Judged at this moment: still true in a term that is to be given up, for whoever is ending what it began. */
  isHeld(): boolean {
    return this.#term?.isHeld() ?? false
  }

  /** What the election calls with each term: ends when the term has, and everybody who acted in it. */
  async lead(term: Leadership): Promise<void> {
    this.#term = term
    this.#tell()
    await whenAborted(term.signal)
    this.#tell()
    await Promise.allSettled(this.#acting)
    this.#term = undefined
  }

  /** Nobody else begins to lead before the action has ended. */
  async act(action: Promise<void>): Promise<void> {
    this.#acting.add(action)
    try {
      await action
    } finally {
      this.#acting.delete(action)
    }
  }

  #tell(): void {
    const told = this.#changed
    this.#changed = new AbortController()
    told.abort()
  }
}
