/** One proxy's leaf for as long as anybody holds it: issued, watched, renewed, and forgotten at the end. */
import type { Clock, Instant, Ms } from '../model/clock.ts'
import type { Entropy } from '../model/entropy.ts'
import type { Logger } from '../model/logger.ts'
import { messageOf } from '../model/message-of.ts'
import type { SpiffeId } from '../model/spiffe-id.ts'
import { AuthorityError, type CertificateAuthority } from './certificate-authority.ts'
import type { ClockWatch } from './clock-watch.ts'
import type { IssueLane } from './issue-lane.ts'
import { issueVerified } from './issue-verified.ts'
import { generateKey, type KeyType, toPrivateKeyPem } from './key-pair.ts'
import {
  alarmDueIn,
  type RenewalSchedule,
  renewalDueIn,
  retryAfterMs,
  toSchedule,
} from './renewal-schedule.ts'
import type { SvidNames } from './svid-names.ts'

/** A leaf and its key. The key exists here and in the proxy only. */
export interface Svid {
  readonly spiffeId: SpiffeId
  /** Leaf first, PEM. */
  readonly chainPem: string
  /** PKCS#8 PEM. */
  readonly keyPem: string
  readonly notAfter: Instant
}

/** What all leaves of one rotation share. */
export interface RotationTools {
  readonly authority: CertificateAuthority
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly validityMs: () => Ms
  readonly keyType: KeyType
  readonly lane: IssueLane
  readonly clockWatch: ClockWatch
}

interface Current {
  readonly svid: Svid
  readonly schedule: RenewalSchedule
  /** Who signed when this leaf was asked for. */
  readonly issuer: string
  alarmed: boolean
}

type Renewed = (svid: Svid) => void

/** How often a waiting leaf looks at the wall clock and at who signs now. */
const LOOK_EVERY_MS: Ms = 30_000

const ANSWER_WITHIN_MS: Ms = 60_000
const UNANSWERED = `the certificate authority did not answer within ${ANSWER_WITHIN_MS / 1000} s`

/** An authority may ask to be left alone, but not for the rest of a leaf's life. */
const MAX_ASKED_WAIT_MS: Ms = 300_000

export class HeldSvid {
  /** The first leaf: waits while the authority is unavailable, rejects when it denies. */
  readonly first: Promise<Svid>
  readonly #names: SvidNames
  readonly #tools: RotationTools
  readonly #holders = new Set<{ readonly renewed: Renewed }>()
  readonly #released = new AbortController()
  #current: Current | undefined

  constructor(names: SvidNames, tools: RotationTools) {
    this.#names = names
    this.#tools = tools
    this.first = this.#renew()
    this.first.then(
      () => this.#keepFresh(),
      () => this.#released.abort(),
    )
  }

  get current(): Svid | undefined {
    return this.#current?.svid
  }

  /** Nobody holds it, or it was denied: ask for a new one. */
  get isOver(): boolean {
    return this.#released.signal.aborted
  }

  /** Hands renewals to `renewed` until the returned function is called; after the last one all work stops. */
  hold(renewed: Renewed): () => void {
    const holder = { renewed }
    this.#holders.add(holder)
    return () => {
      this.#holders.delete(holder)
      if (this.#holders.size === 0) this.#released.abort()
    }
  }

  async #keepFresh(): Promise<void> {
    while (!this.isOver) {
      await this.#untilDue()
      const svid = await this.#renew().catch((error: unknown) => {
        // Released half-way: nobody is left to tell. Anything else is a bug.
        if (!this.isOver) throw error
      })
      if (svid === undefined) return
      for (const { renewed } of this.#holders) renewed(svid)
    }
  }

  async #untilDue(): Promise<void> {
    const { clock, authority, clockWatch } = this.#tools
    while (this.#current !== undefined && !this.isOver) {
      const dueIn = renewalDueIn(this.#current.schedule, clockWatch.look())
      if (dueIn === 0 || this.#current.issuer !== authority.issuer()) return
      await clock.sleep(Math.min(dueIn, LOOK_EVERY_MS), this.#released.signal)
    }
  }

  /** Tries until it succeeds, is released, or is denied the first leaf. */
  async #renew(): Promise<Svid> {
    const { lane, log } = this.#tools
    for (let failures = 1; ; failures++) {
      try {
        this.#current = await lane.run(() => this.#issueInTime())
        return this.#current.svid
      } catch (error) {
        this.#released.signal.throwIfAborted()
        const denied = error instanceof AuthorityError && error.code === 'Denied'
        if (denied && this.#current === undefined) throw error
        const waitMs = this.#waitAfter(error, failures)
        log.warn('certificate not issued, trying again', { ...this.#fields(error), waitMs })
        await this.#wait(waitMs, error)
      }
    }
  }

  /** An authority that never answers counts as unavailable: otherwise it would hold its turn, and back the alarm. */
  async #issueInTime(): Promise<Current> {
    this.#released.signal.throwIfAborted()
    const answered = new AbortController()
    const late = new AbortController()
    const timer = this.#tools.clock.sleep(ANSWER_WITHIN_MS, answered.signal)
    void timer.then(() => late.abort(new AuthorityError('Unavailable', UNANSWERED)))
    try {
      return await this.#issue(AbortSignal.any([this.#released.signal, late.signal]))
    } finally {
      answered.abort()
    }
  }

  async #issue(signal: AbortSignal): Promise<Current> {
    const { authority, clockWatch, keyType, validityMs } = this.#tools
    const issuer = authority.issuer()
    const keys = await generateKey(keyType)
    const request = { ...this.#names, publicKey: keys.publicKey, validityMs: validityMs() }
    const { chainPem, notAfter } = await issueVerified(this.#tools, request, signal)
    const schedule = toSchedule(clockWatch.look(), notAfter, this.#draw())
    const { spiffeId } = this.#names
    const svid = { spiffeId, chainPem, keyPem: toPrivateKeyPem(keys.privateKey), notAfter }
    return { svid, schedule, issuer, alarmed: false }
  }

  #waitAfter(error: unknown, failures: number): Ms {
    const asked = error instanceof AuthorityError ? (error.retryAfterMs ?? 0) : 0
    return Math.max(Math.min(asked, MAX_ASKED_WAIT_MS), retryAfterMs(failures, this.#draw()))
  }

  /** Waits, and stops on the way for the alarm. */
  async #wait(waitMs: Ms, error: unknown): Promise<void> {
    const { clock, clockWatch } = this.#tools
    const { signal } = this.#released
    const current = this.#current
    const alarmIn = current && alarmDueIn(current.schedule, clockWatch.look())
    if (current === undefined || current.alarmed || alarmIn === undefined || alarmIn > waitMs)
      return await clock.sleep(waitMs, signal)
    await clock.sleep(alarmIn, signal)
    if (signal.aborted) return
    current.alarmed = true
    this.#tools.log.error(
      'certificate is near its end and cannot be renewed: its proxy will be cut off',
      { ...this.#fields(error), endsAt: new Date(current.svid.notAfter).toISOString() },
    )
    await clock.sleep(waitMs - alarmIn, signal)
  }

  #fields(error: unknown): Record<string, unknown> {
    const code = error instanceof AuthorityError ? error.code : 'Unknown'
    const message = messageOf(error)
    return { spiffeId: this.#names.spiffeId, code, error: message }
  }

  /** A number from 0 up to 1. */
  #draw(): number {
    return Buffer.from(this.#tools.entropy.bytes(4)).readUInt32BE() / 2 ** 32
  }
}
