/** Says that this replica is there and what its proxies say, in a Lease of its own, for as long as it is open. */
import type { Clock, Instant, Ms } from '../../model/clock.ts'
import type { Entropy } from '../../model/entropy.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { Logger } from '../../model/logger.ts'
import { messageOf } from '../../model/message-of.ts'
import type { ObjectId } from '../../model/object-id.ts'
import type { Cluster } from '../cluster.ts'
import { JitteredBackOff } from '../jittered-back-off.ts'
import { answerWithin } from './answer-within.ts'
import { hasCode } from './has-code.ts'
import { LEASE } from './lease.ts'
import { printReport } from './print-report.ts'
import { replicaLeaseName, toReplicaLease } from './replica-lease.ts'
import { EMPTY_REPORT, type ReplicaReport } from './replica-report.ts'

const FIELD_MANAGER = 'plumbline-replica'
/** Three may fail before the replica counts as gone. */
const RENEW_MS: Ms = 10_000
/** Between two writes, whatever changes meanwhile. */
const SHORTEST_GAP_MS: Ms = 500
const ANSWER_LIMIT_MS: Ms = 5_000

export interface ReplicaPresenceOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** Where the Lease is kept; must exist. */
  readonly namespace: string
  /** As `replicaIdentity` makes it. */
  readonly identity: string
}

export class ReplicaPresence {
  readonly #options: ReplicaPresenceOptions
  readonly #id: ObjectId
  readonly #startedAt: Instant
  readonly #backOff: JitteredBackOff
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #report: ReplicaReport = EMPTY_REPORT
  #wake = new AbortController()
  /** What the cluster has, as far as we know. */
  #stored: KubernetesObject | undefined
  #written: string | undefined
  #renewAt: Ms = 0
  #omitted = 0
  #trouble: string | undefined

  /** Is there from now on, with nothing served. */
  constructor(options: ReplicaPresenceOptions) {
    const { clock, entropy, namespace, identity } = options
    this.#options = options
    this.#id = { ...LEASE, namespace, name: replicaLeaseName(identity) }
    this.#startedAt = clock.now()
    this.#renewAt = clock.monotonic()
    this.#backOff = new JitteredBackOff({ entropy, firstMs: SHORTEST_GAP_MS, capMs: RENEW_MS })
    this.#running = Promise.resolve().then(() => this.#run())
  }

  /** What is true now, in place of what was. Written at once, or with what comes within half a second of the last write. */
  report(report: ReplicaReport): void {
    this.#report = report
    this.#wake.abort()
  }

  /** Takes the Lease away. Never rejects: one that stays is taken for gone after 30 s. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake.abort()
    await this.#running
    try {
      await this.#answer(() => this.#options.cluster.delete(this.#id))
    } catch (error) {
      if (!hasCode(error, 'NotFound')) this.#warn(error)
    }
  }

  async #run(): Promise<void> {
    const { clock } = this.#options
    const closing = this.#closing.signal
    while (!closing.aborted) {
      this.#wake = new AbortController()
      const text = this.#print()
      const isDue = clock.monotonic() >= this.#renewAt
      if (isDue || text !== this.#written) await clock.sleep(await this.#write(text), closing)
      await clock.sleep(this.#renewAt - clock.monotonic(), this.#wake.signal)
    }
  }

  /** Answers how long to leave the cluster alone. */
  async #write(text: string): Promise<Ms> {
    const { clock } = this.#options
    try {
      await this.#save(text)
      this.#written = text
      this.#renewAt = clock.monotonic() + RENEW_MS
      this.#trouble = undefined
      this.#backOff.reset()
      return SHORTEST_GAP_MS
    } catch (error) {
      // What is stored is not known any more, and is read before the next write.
      this.#stored = undefined
      this.#renewAt = clock.monotonic()
      if (!hasCode(error, 'Conflict', 'AlreadyExists')) this.#warn(error)
      return this.#backOff.next()
    }
  }

  async #save(text: string): Promise<void> {
    const { cluster, clock, namespace, identity } = this.#options
    this.#stored ??= await this.#answer(() => cluster.get(this.#id))
    const lease = toReplicaLease(
      { namespace, identity, text, startedAt: this.#startedAt, now: clock.now() },
      this.#stored,
    )
    const options = { fieldManager: FIELD_MANAGER }
    this.#stored = await this.#answer(() =>
      this.#stored === undefined ? cluster.create(lease, options) : cluster.update(lease, options),
    )
  }

  #print(): string {
    const { text, omitted } = printReport(this.#report)
    if (omitted !== this.#omitted && omitted > 0)
      this.#options.log.warn(
        'there are more repositories than one replica can report; commits of some will not be seen to be enforced',
        { repositories: Object.keys(this.#report.repositories).length, omitted },
      )
    this.#omitted = omitted
    return text
  }

  async #answer<T>(call: () => Promise<T>): Promise<T> {
    return await answerWithin(this.#options.clock, ANSWER_LIMIT_MS, call)
  }

  #warn(error: unknown): void {
    const reason = messageOf(error)
    if (reason === this.#trouble) return
    this.#trouble = reason
    this.#options.log.warn('the Lease of this replica cannot be written; it is tried again', {
      reason,
    })
  }
}
