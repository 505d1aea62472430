/**
 * What every live replica reports, joined: that a commit is enforced may be said only when all of them say so. A replica is forgotten when its Lease has stood still for 30 s on our own clock; and since a watch may have fallen silent
 * without a word, the Lease itself is read first.
 */
import type { Clock, Ms } from '../../model/clock.ts'
import type { Entropy } from '../../model/entropy.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { Logger } from '../../model/logger.ts'
import { messageOf } from '../../model/message-of.ts'
import { toObjectId } from '../../model/object-id.ts'
import type { Cluster } from '../cluster.ts'
import { type ObjectEvent, reflect } from '../reflect.ts'
import { answerWithin } from './answer-within.ts'
import { hasCode } from './has-code.ts'
import { type JoinedReports, joinReports } from './join-reports.ts'
import { LEASE } from './lease.ts'
import { parseReport } from './parse-report.ts'
import { REPLICA_LABELS, REPLICA_LASTS_MS, readReplicaLease } from './replica-lease.ts'
import { EMPTY_REPORT, type ReplicaReport } from './replica-report.ts'

/** How long the Lease of a replica that is gone is left for people to see. */
const REMOVED_AFTER_MS: Ms = 5 * 60_000
const ANSWER_LIMIT_MS: Ms = 5_000
/** Until a replica that could not be asked about is asked about again. */
const RETRY_MS: Ms = 5_000

interface Replica {
  readonly lease: KubernetesObject
  readonly identity: string
  readonly text: string | undefined
  readonly report: ReplicaReport
  /** When we saw the Lease change last, on the monotonic clock. */
  readonly changedAt: Ms
  readonly isLive: boolean
  /** When to look at it next. */
  readonly dueAt: Ms
}

export interface ReplicaReportsOptions {
  /** Leases of replicas that are long gone are removed from it. */
  readonly cluster: Cluster
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly namespace: string
  /** Called once a batch of changes, the first time when all replicas are known. What it throws is logged. */
  readonly onChange: (joined: JoinedReports) => void
}

export class ReplicaReports {
  readonly #options: ReplicaReportsOptions
  readonly #replicas = new Map<string, Replica>()
  readonly #closing = new AbortController()
  readonly #running: Promise<unknown>
  #isKnown = false
  #isFlushDue = false
  #current: JoinedReports | undefined

  /** Follows from now on. */
  constructor(options: ReplicaReportsOptions) {
    this.#options = options
    const { namespace } = options
    const following = {
      ...options,
      kind: LEASE,
      list: { namespace, labels: REPLICA_LABELS },
      onList: (items: readonly KubernetesObject[]) => this.#replace(items),
      onEvent: (event: ObjectEvent) => this.#receive(event),
    }
    this.#running = Promise.all([
      Promise.resolve().then(() => reflect(following, this.#closing.signal)),
      this.#sweep(),
    ])
  }

  /** `undefined` before the replicas are known. */
  get current(): JoinedReports | undefined {
    return this.#current
  }

  /** What each live replica reports, by its identity. */
  get replicas(): ReadonlyMap<string, ReplicaReport> {
    return new Map(this.#live().map(({ identity, report }) => [identity, report]))
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  #live(): readonly Replica[] {
    return [...this.#replicas.values()].filter(({ isLive }) => isLive)
  }

  #replace(items: readonly KubernetesObject[]): void {
    const names = new Set(items.map(({ metadata }) => metadata.name))
    for (const name of this.#replicas.keys()) if (!names.has(name)) this.#remove(name)
    for (const item of items) this.#put(item)
    this.#isKnown = true
    this.#flushSoon()
  }

  #receive({ type, object }: ObjectEvent): void {
    if (type === 'deleted') this.#remove(object.metadata.name)
    else this.#put(object)
  }

  #put(lease: KubernetesObject): void {
    const { name, resourceVersion } = lease.metadata
    const known = this.#replicas.get(name)
    if (known?.lease.metadata.resourceVersion === resourceVersion) return
    const changedAt = this.#options.clock.monotonic()
    const { identity, text } = readReplicaLease(lease)
    const isSame = known !== undefined && known.text === text
    const report = isSame ? known.report : this.#parse(identity, text)
    const dueAt = changedAt + REPLICA_LASTS_MS
    this.#replicas.set(name, { lease, identity, text, report, changedAt, isLive: true, dueAt })
    if (!isSame || !known.isLive) this.#flushSoon()
  }

  #parse(identity: string, text: string | undefined): ReplicaReport {
    const report = parseReport(text)
    if (report === undefined)
      this.#options.log.warn('a replica reports what cannot be read; it holds every commit back', {
        replica: identity,
      })
    return report ?? EMPTY_REPORT
  }

  #remove(name: string): void {
    const isLive = this.#replicas.get(name)?.isLive === true
    this.#replicas.delete(name)
    if (isLive) this.#flushSoon()
  }

  /** Changes that arrive in one turn are handed on together. */
  #flushSoon(): void {
    if (this.#isFlushDue || !this.#isKnown) return
    this.#isFlushDue = true
    setImmediate(() => {
      this.#isFlushDue = false
      if (!this.#closing.signal.aborted) this.#flush()
    })
  }

  #flush(): void {
    const joined = joinReports(this.#live().map(({ report }) => report))
    this.#current = joined
    try {
      this.#options.onChange(joined)
    } catch (error) {
      this.#options.log.error('whoever follows the replicas threw', { error })
    }
  }

  async #sweep(): Promise<void> {
    const { clock } = this.#options
    while (!this.#closing.signal.aborted) {
      const now = clock.monotonic()
      const due = [...this.#replicas.values()].filter(({ dueAt }) => dueAt <= now)
      for (const replica of due)
        await (replica.isLive ? this.#doubt(replica) : this.#clearAway(replica))
      // What comes to be known meanwhile is due after this at the earliest.
      const dues = [...this.#replicas.values()].map(({ dueAt }) => dueAt)
      const nextAt = Math.min(clock.monotonic() + REPLICA_LASTS_MS, ...dues)
      await clock.sleep(Math.max(1, nextAt - clock.monotonic()), this.#closing.signal)
    }
  }

  async #doubt(replica: Replica): Promise<void> {
    const { clock, cluster, log } = this.#options
    const { name } = replica.lease.metadata
    try {
      const lease = await answerWithin(clock, ANSWER_LIMIT_MS, () =>
        cluster.get(toObjectId(replica.lease)),
      )
      // The watch was faster than the answer.
      if (this.#replicas.get(name) !== replica) return
      if (lease === undefined) return this.#remove(name)
      if (lease.metadata.resourceVersion !== replica.lease.metadata.resourceVersion)
        return this.#put(lease)
    } catch {
      // Nothing that could not be read is taken for gone.
      this.#lookLater(replica, RETRY_MS)
      return
    }
    const dueAt = replica.changedAt + REMOVED_AFTER_MS
    this.#replicas.set(name, { ...replica, isLive: false, dueAt })
    log.warn('a replica is gone', { replica: replica.identity, silentMs: REPLICA_LASTS_MS })
    this.#flushSoon()
  }

  async #clearAway(replica: Replica): Promise<void> {
    const { clock, cluster, log } = this.#options
    const { uid, resourceVersion } = replica.lease.metadata
    const preconditions = {
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    }
    this.#lookLater(replica, REMOVED_AFTER_MS)
    try {
      await answerWithin(clock, ANSWER_LIMIT_MS, () =>
        cluster.delete(toObjectId(replica.lease), preconditions),
      )
      this.#remove(replica.lease.metadata.name)
    } catch (error) {
      if (hasCode(error, 'Conflict', 'NotFound')) return
      const reason = messageOf(error)
      log.warn('the Lease of a replica that is gone cannot be removed', { reason })
    }
  }

  #lookLater(replica: Replica, spanMs: Ms): void {
    const { name } = replica.lease.metadata
    if (this.#replicas.get(name) !== replica) return
    const dueAt = this.#options.clock.monotonic() + spanMs
    this.#replicas.set(name, { ...replica, dueAt })
  }
}
