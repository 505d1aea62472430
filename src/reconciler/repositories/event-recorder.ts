/** Writes Events about MeshRepositories for people to read: beside the passes, few, and never in their way. */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../../model/canonical-json.ts'
import type { Clock, Instant, Ms } from '../../model/clock.ts'
import type { Entropy } from '../../model/entropy.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { Logger } from '../../model/logger.ts'
import { messageOf } from '../../model/message-of.ts'
import { type ObjectId, toApiVersion } from '../../model/object-id.ts'
import { TokenBucket } from '../../model/token-bucket.ts'
import { type Cluster, ClusterError } from '../cluster.ts'
import { JitteredBackOff } from '../jittered-back-off.ts'
import type { RepositoryEvent } from './events-between.ts'
import { MESH_REPOSITORY } from './mesh-repository-kind.ts'

const FIELD_MANAGER = 'plumbline-events'
const COMPONENT = 'plumbline'
/** The same said again within this time is counted and not repeated. */
const REPEAT_MS: Ms = 600_000
/** As client-go's spam filter: a burst of 25 about one object, then one every five minutes. */
const BURST = 25
const PER_SECOND = 1 / 300
/** Events waiting for a cluster that is away; older ones are left out. */
const MAX_WAITING = 100
const ATTEMPTS = 5
const CLOSE_LIMIT_MS: Ms = 2_000

export interface EventSubject {
  readonly name: string
  /** Of the MeshRepository: `kubectl describe` finds its Events by it. */
  readonly uid: string
}

export interface EventRecorderOptions {
  readonly cluster: Pick<Cluster, 'get' | 'create' | 'update'>
  readonly namespace: string
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

interface Waiting {
  readonly subject: EventSubject
  readonly event: RepositoryEvent
  readonly at: Instant
}

interface Written {
  readonly id: ObjectId
  readonly at: Ms
}

export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #waiting: Waiting[] = []
  readonly #buckets = new Map<string, TokenBucket>()
  /** What was said in the last ten minutes. */
  readonly #written = new Map<string, Written>()
  readonly #closing = new AbortController()
  #writing: Promise<void> | undefined

  constructor(options: EventRecorderOptions) {
    this.#options = options
  }

  /** Returns at once and never throws. Beyond the rate of one repository, and while the cluster is away, Events are left out. */
  tell(subject: EventSubject, events: readonly RepositoryEvent[]): void {
    if (this.#closing.signal.aborted) return
    const at = this.#options.clock.now()
    for (const event of events)
      if (this.#bucketOf(subject).take()) this.#waiting.push({ subject, event, at })
      else
        this.#options.log.debug('an Event is left out: there were too many of this repository', {
          repository: subject.name,
          ...event,
        })
    if (this.#waiting.length > MAX_WAITING)
      this.#waiting.splice(0, this.#waiting.length - MAX_WAITING)
    this.#start()
  }

  /** Writes what is waiting, for two seconds at most. */
  async close(): Promise<void> {
    this.#closing.abort()
    const isDone = new AbortController()
    const limit = this.#options.clock.sleep(CLOSE_LIMIT_MS, isDone.signal)
    await Promise.race([this.#writing, limit])
    isDone.abort()
  }

  #bucketOf({ uid }: EventSubject): TokenBucket {
    const bucket = this.#buckets.get(uid) ?? new TokenBucket(this.#options.clock, PER_SECOND, BURST)
    this.#buckets.set(uid, bucket)
    return bucket
  }

  #start(): void {
    if (this.#writing !== undefined || this.#waiting.length === 0) return
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = undefined
      this.#start()
    })
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      await this.#write(next)
  }

  /** The cluster may be away for a moment; an Event of long ago helps nobody. */
  async #write(waiting: Waiting): Promise<void> {
    const { clock, entropy, log } = this.#options
    const backOff = new JitteredBackOff({ entropy, firstMs: 500, capMs: 10_000 })
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#put(waiting)
        return
      } catch (error) {
        const isLast = attempt === ATTEMPTS || this.#closing.signal.aborted
        if (isLast || !(error instanceof ClusterError) || !mayPass(error)) {
          const { subject, event } = waiting
          const fields = { repository: subject.name, ...event, error: messageOf(error) }
          log.warn('an Event could not be written', fields)
          return
        }
        await clock.sleep(Math.max(backOff.next(), error.retryAfterMs ?? 0), this.#closing.signal)
      }
    }
  }

  async #put({ subject, event, at }: Waiting): Promise<void> {
    const { cluster, clock, namespace } = this.#options
    const now = clock.monotonic()
    const said = digestOf({ uid: subject.uid, ...event })
    const before = this.#written.get(said)
    if (before !== undefined && now - before.at <= REPEAT_MS) {
      const isCounted = await this.#countAgain(before.id, at)
      if (isCounted) {
        this.#written.set(said, { ...before, at: now })
        return
      }
    }
    const object = toObject({ subject, event, at, namespace, said })
    const id = { group: '', version: 'v1', kind: 'Event', namespace, name: object.metadata.name }
    try {
      await cluster.create(object, { fieldManager: FIELD_MANAGER })
    } catch (error) {
      // The process before this one said the same: after a crash, time and again.
      if (!(error instanceof ClusterError && error.code === 'AlreadyExists')) throw error
      await this.#countAgain(id, at)
    }
    for (const [key, one] of this.#written) if (now - one.at > REPEAT_MS) this.#written.delete(key)
    this.#written.set(said, { id, at: now })
  }

  /** False for an Event that has gone: the API server keeps them for an hour. */
  async #countAgain(id: ObjectId, at: Instant): Promise<boolean> {
    const { cluster } = this.#options
    const live = await cluster.get(id)
    if (live === undefined) return false
    const count = Number(live['count'] ?? 1) + 1
    const again = { ...live, count, lastTimestamp: toSeconds(at) }
    await cluster.update(again, { fieldManager: FIELD_MANAGER })
    return true
  }
}

/** `metadata.name` is the same for the same within ten minutes, whichever process says it. */
function toObject(given: {
  readonly subject: EventSubject
  readonly event: RepositoryEvent
  readonly at: Instant
  readonly namespace: string
  readonly said: string
}): KubernetesObject {
  const { subject, event, at, namespace, said } = given
  const digest = digestOf({ said, window: Math.floor(at / REPEAT_MS) })
  const { type, reason, message } = event
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${subject.name}.${digest}`, namespace },
    involvedObject: {
      apiVersion: toApiVersion(MESH_REPOSITORY),
      kind: MESH_REPOSITORY.kind,
      namespace,
      name: subject.name,
      uid: subject.uid,
    },
    ...{ type, reason, message },
    source: { component: COMPONENT },
    reportingComponent: COMPONENT,
    reportingInstance: '',
    firstTimestamp: toSeconds(at),
    lastTimestamp: toSeconds(at),
    count: 1,
  }
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16)
}

/** `metav1.Time` has whole seconds. */
function toSeconds(at: Instant): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}

function mayPass({ code }: ClusterError): boolean {
  return code === 'Unavailable' || code === 'TooManyRequests' || code === 'Conflict'
}
