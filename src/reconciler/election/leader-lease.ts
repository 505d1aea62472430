/**
 * The one Lease that says who leads, as this replica knows it: each write expects the version that it was decided from, and
 * how long another's record has stood still is counted on our own monotonic clock, from when we saw it change.
 */
import type { Clock, Ms } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { ObjectId } from '../../model/object-id.ts'
import type { Cluster } from '../cluster.ts'
import { LEASE, type LeaseRecord, readLease, toLease, toMicroTime } from './lease.ts'

/** In the control namespace. */
export const LEASE_NAME = 'plumbline-leader'
const FIELD_MANAGER = 'plumbline-election'

export interface LeaderLeaseOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly namespace: string
  readonly identity: string
  readonly leaseMs: Ms
}

/** What stands in the cluster, and what may be done about it. */
export type Standing =
  /** Nobody leads: take it. */
  | { readonly type: 'free' }
  /** Our own record, of this process: renew it. */
  | { readonly type: 'ours' }
  /** Another leads, or led: it may be taken after `waitMs` without a change. */
  | { readonly type: 'held'; readonly holder: string; readonly waitMs: Ms }

interface Sighting {
  /** `undefined` when there was no Lease. */
  readonly lease: KubernetesObject | undefined
  readonly record: LeaseRecord
  /** When we saw it first, on the monotonic clock. */
  readonly since: Ms
}

const NOBODY: LeaseRecord = {
  ...{ holder: undefined, lastsMs: 0, transitions: 0 },
  ...{ acquireTime: undefined, renewTime: undefined },
}

export class LeaderLease {
  readonly #options: LeaderLeaseOptions
  readonly #id: ObjectId
  #seen: Sighting | undefined
  /** The `acquireTime` of our record, from the first write that claims it until another's record is seen. */
  #claim: string | undefined

  constructor(options: LeaderLeaseOptions) {
    this.#options = options
    this.#id = { ...LEASE, namespace: options.namespace, name: LEASE_NAME }
  }

  /** Who leads, as last seen. */
  get holder(): string | undefined {
    return this.#seen?.record.holder
  }

  /** How often the leader changed, as last seen. */
  get transitions(): number {
    return this.#seen?.record.transitions ?? 0
  }

  /** Reads the Lease. Throws `ClusterError`. */
  async look(): Promise<Standing> {
    const lease = await this.#options.cluster.get(this.#id)
    this.#see(lease)
    return this.#standing()
  }

  /**
   * Makes the record ours, from what was last seen: at once where it is free or ours, and otherwise for a caller that has waited.
   * Throws `ClusterError`: `Conflict`, `AlreadyExists` or `NotFound` when another was faster.
   */
  async claim(): Promise<void> {
    const { clock, identity } = this.#options
    this.#claim ??= toMicroTime(clock.now())
    const before = this.#seen?.record ?? NOBODY
    const isFirst = this.#seen?.lease === undefined && before.holder === undefined
    const isNew = before.holder !== identity || before.acquireTime !== this.#claim
    await this.#write({
      ...this.#ownRecord(),
      transitions: before.transitions + (isNew && !isFirst ? 1 : 0),
    })
  }

  /** Writes a new renewal over what we last wrote. Throws `ClusterError` as `claim` does. */
  async renew(): Promise<void> {
    await this.#write({ ...this.#ownRecord(), transitions: this.transitions })
  }

  /** Empties the record when it is still ours, so that another takes over at once. Throws `ClusterError`. */
  async release(): Promise<void> {
    if (this.#claim === undefined || (await this.look()).type !== 'ours') return
    await this.#write({ ...NOBODY, lastsMs: 1_000, transitions: this.transitions })
    this.#claim = undefined
  }

  #ownRecord(): Omit<LeaseRecord, 'transitions'> {
    const { clock, identity, leaseMs } = this.#options
    const renewTime = toMicroTime(clock.now())
    return { holder: identity, lastsMs: leaseMs, acquireTime: this.#claim, renewTime }
  }

  async #write(record: LeaseRecord): Promise<void> {
    const { cluster, namespace } = this.#options
    const options = { fieldManager: FIELD_MANAGER }
    const { metadata } = this.#seen?.lease ?? {}
    if (metadata === undefined) {
      this.#see(await cluster.create(toLease({ namespace, name: LEASE_NAME }, record), options))
      return
    }
    const { labels = {}, annotations = {}, resourceVersion = '' } = metadata
    const kept = { namespace, name: LEASE_NAME, labels, annotations, resourceVersion }
    this.#see(await cluster.update(toLease(kept, record), options))
  }

  #see(lease: KubernetesObject | undefined): void {
    const since = this.#options.clock.monotonic()
    const isSame = versionOf(lease) === versionOf(this.#seen?.lease)
    if (this.#seen !== undefined && isSame) return
    const record = lease === undefined ? this.#whenDeleted() : readLease(lease)
    this.#seen = { lease, record, since }
    if (record.holder !== undefined && !this.#isOurs(record)) this.#claim = undefined
  }

  /** Whoever deletes the Lease does not stop the leader that we knew of: it has its time until its own deadline. */
  #whenDeleted(): LeaseRecord {
    const known = this.#seen?.record
    return known === undefined || this.#isOurs(known) ? NOBODY : known
  }

  #standing(): Standing {
    const { record, since } = this.#seen ?? { record: NOBODY, since: 0 }
    if (record.holder === undefined) return { type: 'free' }
    if (this.#isOurs(record)) return { type: 'ours' }
    // Whichever is longer: a fleet whose lease is being changed has both.
    const lastsMs = Math.max(this.#options.leaseMs, record.lastsMs)
    const waitMs = Math.max(0, since + lastsMs - this.#options.clock.monotonic())
    return { type: 'held', holder: record.holder, waitMs }
  }

  /** The name alone would not do: a process before us may have had it, and live on where we cannot see it. */
  #isOurs({ holder, acquireTime }: LeaseRecord): boolean {
    return holder === this.#options.identity && acquireTime === this.#claim
  }
}

/** The uid too: a Lease that was deleted and made again is another. */
function versionOf(lease: KubernetesObject | undefined): string | undefined {
  return lease && `${lease.metadata.uid}/${lease.metadata.resourceVersion}`
}
