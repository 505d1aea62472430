/**
 * Turns every trigger into a pass: schedule, signal, webhook, drift and retry alike are a key on one queue.
 *
 * Level, not edge: a pass reads everything afresh, so triggers merge and none carries anything but its name.
 */
import type { Clock, Ms } from '../model/clock.ts'
import type { Entropy } from '../model/entropy.ts'
import type { Logger } from '../model/logger.ts'
import { type Backoff, nextPass } from './next-pass.ts'
import type { ReconcileOutcome } from './reconcile-outcome.ts'
import type { Schedule } from './schedule.ts'
import { WorkQueue } from './work-queue.ts'

export interface Pass<Key> {
  readonly key: Key
  readonly reasons: readonly string[]
}

export interface LoopOptions<Key extends string> {
  /** What is kept reconciled, one worker each. */
  readonly keys: readonly Key[]
  /** Asked after each pass. */
  readonly schedule: () => Schedule
  readonly backoff?: Backoff
  /** One pass. What it throws is a bug, or its abort. */
  readonly reconcile: (pass: Pass<Key>, signal: AbortSignal) => Promise<ReconcileOutcome>
  /** Told of every end and of what was decided. */
  readonly ended?: (key: Key, outcome: ReconcileOutcome, nextInMs: Ms) => void
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

const BACKOFF: Backoff = { firstMs: 1_000, capMs: 60_000 }

export class Loop<Key extends string> {
  readonly #options: LoopOptions<Key>
  readonly #queue = new WorkQueue<Key>()
  readonly #failures = new Map<Key, number>()
  #wake = new AbortController()

  constructor(options: LoopOptions<Key>) {
    this.#options = options
  }

  /** Asks for a pass now. During a pass: for exactly one more after it. */
  request(key: Key, reason: string): void {
    if (!this.#options.keys.includes(key)) throw new TypeError(`not a key of this loop: ${key}`)
    this.#queue.add(key, this.#options.clock.monotonic(), reason)
    this.#wake.abort()
  }

  /** Begins with a pass for each key; ends after the signal aborted and the passes under way have ended. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake.abort()
    signal.addEventListener('abort', stop)
    const running = new Set<Promise<void>>()
    for (const key of this.#options.keys) this.request(key, 'start')
    while (!signal.aborted) {
      const work = this.#queue.take(this.#options.clock.monotonic())
      if (work === undefined) {
        await this.#sleep(signal)
        continue
      }
      const pass = this.#pass(work, signal).finally(() => running.delete(pass))
      running.add(pass)
    }
    signal.removeEventListener('abort', stop)
    await Promise.all(running)
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    this.#wake = new AbortController()
    if (signal.aborted) return
    const at = this.#queue.nextAt() ?? Number.POSITIVE_INFINITY
    await clock.sleep(at - clock.monotonic(), this.#wake.signal)
  }

  async #pass(pass: Pass<Key>, signal: AbortSignal): Promise<void> {
    const { key } = pass
    const outcome = await this.#outcome(pass, signal)
    this.#queue.ended(key)
    if (!signal.aborted) this.#plan(key, outcome)
    this.#wake.abort()
  }

  async #outcome(pass: Pass<Key>, signal: AbortSignal): Promise<ReconcileOutcome> {
    try {
      return await this.#options.reconcile(pass, signal)
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      if (!signal.aborted)
        this.#options.log.error('a pass ended by a bug', { key: pass.key, error })
      return { type: 'failed', error }
    }
  }

  #plan(key: Key, outcome: ReconcileOutcome): void {
    const { clock, schedule, backoff = BACKOFF, ended, log } = this.#options
    const next = nextPass(outcome, {
      schedule: schedule(),
      backoff,
      failures: this.#failures.get(key) ?? 0,
      now: clock.now(),
      draw: this.#draw(),
    })
    this.#failures.set(key, next.failures)
    const reason = outcome.type === 'failed' ? 'retry' : 'schedule'
    this.#queue.add(key, clock.monotonic() + next.delayMs, reason)
    try {
      ended?.(key, outcome, next.delayMs)
    } catch (error) {
      // Whoever only watches must not end the loop.
      log.error('an observer of passes threw', { key, error })
    }
  }

  /** A number from 0 to 1. */
  #draw(): number {
    const [a = 0, b = 0] = this.#options.entropy.bytes(2)
    return (a * 256 + b) / 65_535
  }
}
