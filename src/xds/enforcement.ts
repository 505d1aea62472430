/**
 * Whether a commit governs traffic yet: which proxies it touched, and which of them ACKed everything that it changed
 * for them. Enforced is a fact about ACKs, not about what was sent.
 *
 * Several repositories make one mesh: a commit supersedes the one before of its own repository and no other's. Where commits of
 * two repositories reach proxies together, a NACK counts against both: which of them it was for cannot be told.
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
  readonly repository: string
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

/** A commit, and the repository it is of. */
export type CommitOf = Pick<Enforcement, 'repository' | 'commit'>

export interface Publication {
  /** Whose commit it is. */
  readonly repository: string
  readonly commit: CommitSha
  readonly sequence: number
  /** On the monotonic clock; the publication itself unless given. */
  readonly since?: Ms | undefined
}

type Progress = 'pending' | 'acked' | 'nacked'

interface Part {
  readonly proxy: string
  progress: Progress
}

interface Rollout extends Publication {
  readonly publishedAt: Ms
  readonly streams: Map<string, Part>
  readonly nacked: RejectedResource[]
  pending: number
  /** Every stream was looked at, so that the number of touched proxies is known. */
  swept: boolean
  endedAt: Ms | undefined
  state: Enforcement['state']
}

/** How many commits are remembered of each repository. */
const REMEMBERED = 64

export class EnforcementLog {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** By repository, in the order in which they were published. */
  readonly #rollouts = new Map<string, Map<CommitSha, Rollout>>()
  readonly #listeners = new Set<(enforcement: Enforcement) => void>()
  /** The commit of each repository that is not enforced everywhere yet, or was last. */
  readonly #current = new Map<string, Rollout>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** Another publication of a repository's current commit (endpoints moved) goes on with the one that runs. */
  begin(publication: Publication): void {
    const { repository, commit } = publication
    const superseded = this.#current.get(repository)
    if (superseded?.commit === commit) return
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
    this.#current.set(repository, rollout)
    this.#remember(rollout)
    if (superseded?.state === 'enforcing') this.#end(superseded, 'superseded')
  }

  /** The publication changed something for this stream's view. */
  touch(stream: EnforcedStream): void {
    for (const rollout of this.#current.values()) {
      if (rollout.swept || rollout.state !== 'enforcing' || rollout.streams.has(stream.id)) continue
      rollout.streams.set(stream.id, { proxy: stream.proxy, progress: 'pending' })
      rollout.pending += 1
    }
  }

  /** Every stream has seen publication `sequence`. */
  swept(sequence: number): void {
    for (const rollout of this.#current.values()) {
      if (rollout.swept || sequence < rollout.sequence) continue
      rollout.swept = true
      this.#settle(rollout)
    }
  }

  /**
   * The stream has ACKed everything as of publication `proven`. Answers how long the commit took to reach it, when
   * this is what completed one there: the longest, when it completed several.
   */
  progress(stream: EnforcedStream, proven: number): Ms | undefined {
    const now = this.#clock.monotonic()
    const reached = [...this.#current.values()]
      .filter(({ sequence }) => proven >= sequence)
      .filter((rollout) => this.#move(rollout, stream, 'pending', 'acked'))
    return reached.length === 0
      ? undefined
      : Math.max(...reached.map(({ publishedAt }) => now - publishedAt))
  }

  reject(stream: EnforcedStream, rejected: readonly RejectedResource[]): void {
    for (const rollout of this.#current.values()) {
      if (rollout.state !== 'enforcing' || !rollout.streams.has(stream.id)) continue
      rollout.nacked.push(...rejected)
      this.#move(rollout, stream, 'pending', 'nacked')
    }
  }

  /** The stream is kept from the commit's version, because another proxy of its view rejected it. */
  holdBack(stream: EnforcedStream): void {
    for (const rollout of this.#current.values()) this.#move(rollout, stream, 'pending', 'nacked')
  }

  /** The version is let through after all. */
  letThrough(stream: EnforcedStream): void {
    for (const rollout of this.#current.values()) {
      const isItsOwn = rollout.nacked.some((one) => one.proxy === stream.proxy)
      if (!isItsOwn) this.#move(rollout, stream, 'nacked', 'pending')
    }
  }

  /** A proxy that is gone keeps no commit waiting. */
  leave(stream: EnforcedStream): void {
    for (const rollout of this.#current.values()) {
      const part = rollout.streams.get(stream.id)
      if (part === undefined) continue
      rollout.streams.delete(stream.id)
      if (part.progress === 'pending') rollout.pending -= 1
      this.#settle(rollout)
    }
  }

  /** The repository is not followed any more: what it has in the mesh goes with the next publication. */
  forget(repository: string): void {
    const last = this.#current.get(repository)
    this.#current.delete(repository)
    if (last?.state === 'enforcing') this.#end(last, 'superseded')
    this.#rollouts.delete(repository)
  }

  /** Resolves when the commit has come to its end; rejects with the signal's reason, or for a commit never published. */
  async settled(of: CommitOf, signal: AbortSignal): Promise<Enforcement> {
    signal.throwIfAborted()
    const { repository, commit } = of
    const now = this.enforcement(of)
    if (now === undefined) throw new RangeError(`commit ${commit} was not published to xDS`)
    if (now.state !== 'enforcing') return now
    const over = new AbortController()
    const { promise, resolve, reject } = Promise.withResolvers<Enforcement>()
    const look = (ended: Enforcement): void => {
      if (ended.commit === commit && ended.repository === repository) resolve(ended)
    }
    this.onEnd(look, over.signal)
    signal.addEventListener('abort', () => reject(signal.reason), { signal: over.signal })
    return promise.finally(() => over.abort())
  }

  /** `undefined` for a commit that was never published, or long ago. */
  enforcement({ repository, commit }: CommitOf): Enforcement | undefined {
    const rollout = this.#rollouts.get(repository)?.get(commit)
    return rollout && this.#describe(rollout)
  }

  /** Calls back with every commit that comes to its end, until the signal aborts. */
  onEnd(listener: (enforcement: Enforcement) => void, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#listeners.add(listener)
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true })
  }

  /** A commit that comes back begins afresh. */
  #remember(rollout: Rollout): void {
    const { repository, commit } = rollout
    const commits = this.#rollouts.get(repository) ?? new Map<CommitSha, Rollout>()
    this.#rollouts.set(repository, commits)
    commits.delete(commit)
    commits.set(commit, rollout)
    for (const earlier of commits.keys()) if (commits.size > REMEMBERED) commits.delete(earlier)
  }

  #move(rollout: Rollout, stream: EnforcedStream, from: Progress, to: Progress): boolean {
    const part = rollout.streams.get(stream.id)
    if (rollout.state !== 'enforcing' || part?.progress !== from) return false
    part.progress = to
    rollout.pending += to === 'pending' ? 1 : from === 'pending' ? -1 : 0
    this.#settle(rollout)
    return true
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
    const { repository, commit, state, nacked, publishedAt, since = publishedAt } = rollout
    const end = rollout.endedAt ?? this.#clock.monotonic()
    const byProxy = Map.groupBy(rollout.streams.values(), ({ proxy }) => proxy)
    const waiting = [...byProxy].filter(([, parts]) =>
      parts.some(({ progress }) => progress !== 'acked'),
    )
    return {
      repository,
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
