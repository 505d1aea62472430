/**
 * Whether a commit governs traffic yet: which proxies it touched, and which of them ACKed everything that it changed
 * for them. Enforced is a fact about ACKs, not about what was sent.
 */
import type { Clock, Ms } from '../model/clock.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import type { SourceLocation } from '../model/source-location.ts'
import type { ResourceType } from '../render/envoy/envoy-resource.ts'

export interface RejectedResource {
  readonly proxy: string
  readonly type: ResourceType
  readonly name: string
  /** The proxy's own words, cut to 1 KiB. */
  readonly error: string
  /** The policy lines that made the resource. */
  readonly origins: readonly SourceLocation[]
}

export interface Enforcement {
  readonly commit: CommitSha
  /** The last three are final, but that a commit published again starts anew. */
  readonly state: 'enforcing' | 'enforced' | 'rejected' | 'superseded'
  /** Proxies that are connected and whose view the commit changed. */
  readonly touched: number
  readonly acked: number
  readonly nacked: readonly RejectedResource[]
  /** The proxies that it waits for, or that are held back from what another rejected. */
  readonly waitingFor: readonly string[]
  /** From the publication to the last ACK, or to now. */
  readonly elapsedMs: Ms
  /** The same from the instant that the publisher gave as the beginning. */
  readonly sinceMs: Ms
}

/** One stream, as it matters here. */
export interface EnforcedStream {
  readonly id: string
  readonly proxy: string
}

export interface Publication {
  readonly commit: CommitSha
  readonly sequence: number
  /** On the monotonic clock; the publication itself unless given. */
  readonly since?: Ms | undefined
}

type Progress = 'pending' | 'acked' | 'nacked'

interface Rollout extends Publication {
  readonly publishedAt: Ms
  readonly streams: Map<string, { readonly proxy: string; progress: Progress }>
  readonly nacked: RejectedResource[]
  pending: number
  /** Every stream was looked at, so that the number of touched proxies is known. */
  swept: boolean
  endedAt: Ms | undefined
  state: Enforcement['state']
}

/** How many commits are remembered. */
const REMEMBERED = 64

export class EnforcementLog {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #rollouts = new Map<CommitSha, Rollout>()
  readonly #listeners = new Set<(enforcement: Enforcement) => void>()
  #current: Rollout | undefined

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** Another publication of the current commit (endpoints moved) goes on with the one that runs. */
  begin(publication: Publication): void {
    if (this.#current?.commit === publication.commit) return
    const superseded = this.#current
    const rollout: Rollout = {
      ...publication,
      publishedAt: this.#clock.monotonic(),
      streams: new Map(),
      nacked: [],
      pending: 0,
      swept: false,
      endedAt: undefined,
      state: 'enforcing',
    }
    this.#current = rollout
    this.#rollouts.delete(publication.commit)
    this.#rollouts.set(publication.commit, rollout)
    for (const commit of this.#rollouts.keys())
      if (this.#rollouts.size > REMEMBERED) this.#rollouts.delete(commit)
    if (superseded?.state === 'enforcing') this.#end(superseded, 'superseded')
  }

  /** The publication changed something for this stream's view. */
  touch(stream: EnforcedStream): void {
    const rollout = this.#current
    if (rollout === undefined || rollout.swept || rollout.state !== 'enforcing') return
    if (rollout.streams.has(stream.id)) return
    rollout.streams.set(stream.id, { proxy: stream.proxy, progress: 'pending' })
    rollout.pending += 1
  }

  /** Every stream has seen publication `sequence`. */
  swept(sequence: number): void {
    const rollout = this.#current
    if (rollout === undefined || rollout.swept || sequence < rollout.sequence) return
    rollout.swept = true
    this.#settle(rollout)
  }

  /**
   * The stream has ACKed everything as of publication `proven`. Answers how long the commit took to reach it, when
   * this is what completed it there.
   */
  progress(stream: EnforcedStream, proven: number): Ms | undefined {
    const rollout = this.#current
    if (rollout === undefined || proven < rollout.sequence) return undefined
    const hasMoved = this.#move(stream, 'pending', 'acked')
    return hasMoved ? this.#clock.monotonic() - rollout.publishedAt : undefined
  }

  reject(stream: EnforcedStream, rejected: readonly RejectedResource[]): void {
    if (this.#current?.state !== 'enforcing' || !this.#current.streams.has(stream.id)) return
    this.#current.nacked.push(...rejected)
    this.#move(stream, 'pending', 'nacked')
  }

  /** The stream is kept from the commit's version, because another proxy of its view rejected it. */
  holdBack(stream: EnforcedStream): void {
    this.#move(stream, 'pending', 'nacked')
  }

  /** The version is let through after all. */
  letThrough(stream: EnforcedStream): void {
    const isItsOwn = this.#current?.nacked.some((one) => one.proxy === stream.proxy) === true
    if (!isItsOwn) this.#move(stream, 'nacked', 'pending')
  }

  /** A proxy that is gone keeps no commit waiting. */
  leave(stream: EnforcedStream): void {
    const part = this.#current?.streams.get(stream.id)
    if (this.#current === undefined || part === undefined) return
    this.#current.streams.delete(stream.id)
    if (part.progress === 'pending') this.#current.pending -= 1
    this.#settle(this.#current)
  }

  /** Resolves when the commit has come to its end; rejects with the signal's reason, or for a commit never published. */
  async settled(commit: CommitSha, signal: AbortSignal): Promise<Enforcement> {
    signal.throwIfAborted()
    const now = this.enforcement(commit)
    if (now === undefined) throw new RangeError(`commit ${commit} was not published to xDS`)
    if (now.state !== 'enforcing') return now
    const over = new AbortController()
    const { promise, resolve, reject } = Promise.withResolvers<Enforcement>()
    this.onEnd((ended) => ended.commit === commit && resolve(ended), over.signal)
    signal.addEventListener('abort', () => reject(signal.reason), { signal: over.signal })
    return promise.finally(() => over.abort())
  }

  #move(stream: EnforcedStream, from: Progress, to: Progress): boolean {
    const rollout = this.#current
    const part = rollout?.streams.get(stream.id)
    if (rollout?.state !== 'enforcing' || part?.progress !== from) return false
    part.progress = to
    rollout.pending += to === 'pending' ? 1 : from === 'pending' ? -1 : 0
    this.#settle(rollout)
    return true
  }

  /** `undefined` for a commit that was never published, or long ago. */
  enforcement(commit: CommitSha): Enforcement | undefined {
    const rollout = this.#rollouts.get(commit)
    return rollout && this.#describe(rollout)
  }

  /** Calls back with every commit that comes to its end, until the signal aborts. */
  onEnd(listener: (enforcement: Enforcement) => void, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#listeners.add(listener)
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true })
  }

  #settle(rollout: Rollout): void {
    if (!rollout.swept || rollout.pending > 0 || rollout.state !== 'enforcing') return
    const isRejected = [...rollout.streams.values()].some(({ progress }) => progress === 'nacked')
    this.#end(rollout, isRejected ? 'rejected' : 'enforced')
  }

  #end(rollout: Rollout, state: Enforcement['state']): void {
    rollout.state = state
    rollout.endedAt = this.#clock.monotonic()
    const enforcement = this.#describe(rollout)
    for (const listener of [...this.#listeners]) listener(enforcement)
  }

  #describe(rollout: Rollout): Enforcement {
    const { commit, state, nacked, publishedAt, since = publishedAt } = rollout
    const end = rollout.endedAt ?? this.#clock.monotonic()
    const byProxy = Map.groupBy(rollout.streams.values(), ({ proxy }) => proxy)
    const waiting = [...byProxy].filter(([, parts]) =>
      parts.some(({ progress }) => progress !== 'acked'),
    )
    return {
      commit,
      state,
      touched: byProxy.size,
      acked: byProxy.size - waiting.length,
      nacked: [...nacked],
      waitingFor: waiting.map(([proxy]) => proxy),
      elapsedMs: end - publishedAt,
      sinceMs: end - since,
    }
  }
}
