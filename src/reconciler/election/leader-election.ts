/**
 * Leader election by a Lease: one replica acts, the others wait. A leader stops by its own monotonic clock before any other
 * may begin by theirs; the wall clock is written for people and never compared.
 *
 * What this cannot promise is that a write which left in time arrives in time, nor that a machine which was suspended knows
 * it (its monotonic clock stood still): so what the leader writes carries, besides, the version of the object that it was
 * decided from.
 */
import type { Clock, Ms } from '../../model/clock.ts'
import type { Entropy } from '../../model/entropy.ts'
import type { Logger } from '../../model/logger.ts'
import { messageOf } from '../../model/message-of.ts'
import type { Cluster } from '../cluster.ts'
import { answerWithin } from './answer-within.ts'
import { checkTiming, DEFAULT_TIMING, type ElectionTiming, JITTER } from './election-timing.ts'
import { hasCode } from './has-code.ts'
import { LeaderLease } from './leader-lease.ts'
import { type Leadership, Term } from './leadership.ts'

export interface ElectionOptions {
  /** Best one of its own: calls that the API server asks to pause must not hold renewals up. */
  readonly cluster: Cluster
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** Where the Lease is kept; must exist. */
  readonly namespace: string
  /** This process's, and no other's at any time. */
  readonly identity: string
  readonly timing?: ElectionTiming
  /**
   * Called each time we begin to lead. Ends when its signal aborts; until it has ended there is no other term. When it ends
   * by itself, or throws, leading is given up.
   */
  readonly lead: (leadership: Leadership) => Promise<void>
  /** Told who leads whenever that changes, as far as we can see; `undefined` for nobody. */
  readonly onHolder?: (identity: string | undefined) => void
}

/**
 * Campaigns, leads, and campaigns again until the signal aborts; then lets `lead` end, and releases the Lease. Never rejects for what
 * the cluster does. Throws a TypeError for spans that cannot work.
 */
export async function runElection(options: ElectionOptions, signal: AbortSignal): Promise<void> {
  await new Election(options).run(signal)
}

class Election {
  readonly #options: ElectionOptions
  readonly #timing: ElectionTiming
  readonly #lease: LeaderLease
  #holder: string | undefined
  /** What the log has said last of the cluster not answering: said once, not at every try. */
  #trouble: string | undefined

  constructor(options: ElectionOptions) {
    this.#options = options
    this.#timing = checkTiming(options.timing ?? DEFAULT_TIMING)
    this.#lease = new LeaderLease({ ...options, leaseMs: this.#timing.leaseMs })
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const term = await this.#campaign(signal)
      if (term === undefined) break
      await this.#lead(term, signal)
    }
    await this.#release()
  }

  /** Answers when we lead; `undefined` when the signal aborts first. */
  async #campaign(signal: AbortSignal): Promise<Term | undefined> {
    while (!signal.aborted) {
      const { term, pauseMs } = await this.#try(signal)
      if (term?.isHeld()) return term
      await this.#options.clock.sleep(pauseMs, signal)
    }
    return undefined
  }

  async #try(signal: AbortSignal): Promise<{ readonly term?: Term; readonly pauseMs: Ms }> {
    const pauseMs = this.#pauseMs()
    try {
      const standing = await this.#answer(() => this.#lease.look())
      this.#tellHolder()
      if (signal.aborted) return { pauseMs }
      if (standing.type === 'held' && standing.waitMs > 0) {
        this.#trouble = undefined
        return { pauseMs: Math.min(pauseMs, standing.waitMs) }
      }
      const term = this.#newTerm()
      await this.#answer(() => this.#lease.claim())
      this.#trouble = undefined
      return { term, pauseMs }
    } catch (error) {
      // Another was faster. What is not found is the namespace, and it takes somebody to mend that.
      if (!hasCode(error, 'Conflict', 'AlreadyExists')) this.#warn(error)
      return { pauseMs }
    } finally {
      this.#tellHolder()
    }
  }

  /** Counted from before the write leaves: nobody can have seen it sooner. */
  #newTerm(): Term {
    const { clock } = this.#options
    return new Term({ clock, lastsMs: this.#timing.renewDeadlineMs, sentAt: clock.monotonic() })
  }

  async #lead(term: Term, signal: AbortSignal): Promise<void> {
    const { log, identity } = this.#options
    const giveUp = (): void => term.giveUp(new Error('this replica is shutting down'))
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    log.info('this replica leads', { identity, transitions: this.#lease.transitions })
    const ended = new AbortController()
    const leading = this.#callLead(term).finally(() => ended.abort())
    await this.#keep(term, ended.signal)
    await leading
    signal.removeEventListener('abort', giveUp)
    const wasHeld = term.isHeld()
    term.end(new Error('leading has ended'))
    if (!wasHeld || signal.aborted) return
    // Whoever acted has ended, so another may begin; and it may well be one that can do better.
    await this.#release()
    await this.#options.clock.sleep(this.#pauseMs(), signal)
  }

  async #callLead(term: Term): Promise<void> {
    try {
      await this.#options.lead(term)
    } catch (error) {
      if (!term.signal.aborted) this.#options.log.error('leading ended by a bug', { error })
    }
  }

  /** Renews until leading has ended or is lost. */
  async #keep(term: Term, ended: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    let dueAt = clock.monotonic() + this.#pauseMs()
    for (;;) {
      await clock.sleep(Math.min(dueAt - clock.monotonic(), term.leftMs), ended)
      if (ended.aborted) return
      // Counted from the beginning of a try: after one that took long the next comes at once.
      dueAt = clock.monotonic() + this.#pauseMs()
      const lost = term.isHeld() ? await this.#renew(term) : this.#missed()
      if (lost === undefined) continue
      log.warn('this replica leads no longer', { reason: lost })
      term.end(new Error(lost))
      return
    }
  }

  /** Answers why leading is lost, if it is. A renewal that fails is tried again until the deadline. */
  async #renew(term: Term): Promise<string | undefined> {
    try {
      if (await this.#isRenewed(term)) return undefined
      // Somebody wrote the Lease: another leader, or one who only labelled it, or a renewal of ours that was not answered.
      const standing = await this.#answer(() => this.#lease.look(), term.leftMs)
      this.#tellHolder()
      if (standing.type === 'held') return `${standing.holder} has taken the Lease`
      if (standing.type === 'free') return 'the Lease was deleted or emptied'
      await this.#isRenewed(term)
    } catch (error) {
      this.#warn(error)
    }
    return undefined
  }

  /** Whether nobody else had written the Lease. */
  async #isRenewed(term: Term): Promise<boolean> {
    const sentAt = this.#options.clock.monotonic()
    try {
      await this.#answer(() => this.#lease.renew(), term.leftMs)
      term.renewed(sentAt)
      this.#trouble = undefined
      return true
    } catch (error) {
      if (hasCode(error, 'Conflict', 'AlreadyExists', 'NotFound')) return false
      throw error
    }
  }

  #missed(): string {
    return `the Lease could not be renewed for ${this.#timing.renewDeadlineMs / 1000} s`
  }

  async #release(): Promise<void> {
    try {
      await this.#answer(() => this.#lease.release())
      this.#tellHolder()
    } catch (error) {
      if (!hasCode(error, 'Conflict', 'NotFound')) this.#warn(error)
    }
  }

  /** A call that hangs must leave time for another before the deadline. */
  async #answer<T>(call: () => Promise<T>, leftMs = Number.POSITIVE_INFINITY): Promise<T> {
    const spanMs = Math.min(this.#timing.renewDeadlineMs / 2, leftMs)
    return await answerWithin(this.#options.clock, spanMs, call)
  }

  #tellHolder(): void {
    const { holder } = this.#lease
    if (holder === this.#holder) return
    this.#holder = holder
    try {
      this.#options.onHolder?.(holder)
    } catch (error) {
      this.#options.log.error('whoever follows the leader threw', { error })
    }
  }

  #warn(error: unknown): void {
    const reason = messageOf(error)
    if (reason === this.#trouble) return
    this.#trouble = reason
    this.#options.log.warn('the Lease cannot be read or written; it is tried again', { reason })
  }

  #pauseMs(): Ms {
    const [byte = 0] = this.#options.entropy.bytes(1)
    return Math.round(this.#timing.retryMs * (1 + (JITTER * byte) / 255))
  }
}
