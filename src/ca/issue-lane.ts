/** Lets a bounded number of issues run at once, in the order they came, and the event loop breathe between them. */

/** Signing is done on the main thread, about half a millisecond a leaf: a thousand in a row would stop every stream. */
const BREATHE_EVERY = 16

export class IssueLane {
  readonly #width: number
  readonly #waiting: (() => void)[] = []
  #running = 0
  #started = 0
  #breathing = false

  constructor(width: number) {
    this.#width = width
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push(start)
      this.#pump()
    })
    try {
      return await work()
    } finally {
      this.#running--
      this.#pump()
    }
  }

  #pump(): void {
    while (!this.#breathing && this.#running < this.#width) {
      const start = this.#waiting.shift()
      if (start === undefined) return
      this.#running++
      start()
      if (++this.#started % BREATHE_EVERY === 0) this.#breathe()
    }
  }

  #breathe(): void {
    this.#breathing = true
    setImmediate(() => {
      this.#breathing = false
      this.#pump()
    })
  }
}
