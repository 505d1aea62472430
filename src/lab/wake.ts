/** A bell: rung any number of times, it wakes its one waiter once. */
export class Wake {
  #rung = false
  #answer: (() => void) | undefined

  ring(): void {
    this.#rung = true
    this.#answer?.()
  }

  /** Resolves when the bell has been rung since the last wait, or when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#answer = resolve
      const abort = () => resolve()
      signal.addEventListener('abort', abort, { once: true })
      await promise
      signal.removeEventListener('abort', abort)
      this.#answer = undefined
    }
    this.#rung = false
  }
}
