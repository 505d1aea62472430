/** Follows the MeshRepositories of the control namespace and tells what is asked of us; never of what only we changed. */
import type { Clock, Instant } from '../../model/clock.ts'
import type { Entropy } from '../../model/entropy.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { Logger } from '../../model/logger.ts'
import type { Result } from '../../model/result.ts'
import { type Cluster, ClusterError } from '../cluster.ts'
import { type ObjectEvent, reflect } from '../reflect.ts'
import { MESH_REPOSITORY, RECONCILE_REQUESTED_AT } from './mesh-repository-kind.ts'
import { type ReadingOptions, readMeshRepository } from './read-mesh-repository.ts'
import type { RepositorySpec } from './repository-spec.ts'

export interface FollowedRepository {
  readonly object: KubernetesObject
  readonly uid: string
  /** Of the spec. */
  readonly generation: number
  readonly createdAt: Instant
  /** The annotation by which somebody asks for a pass. */
  readonly requestedAt: string | undefined
  /** Somebody has deleted it, and a finalizer keeps it. */
  readonly isBeingDeleted: boolean
  /** The same value for as long as the spec is the same. */
  readonly spec: Result<RepositorySpec, readonly string[]>
}

/** By name. */
export type FollowedRepositories = ReadonlyMap<string, FollowedRepository>

export interface MeshRepositoryWatchOptions extends ReadingOptions {
  readonly cluster: Cluster
  /** The control namespace: MeshRepositories elsewhere are not obeyed. */
  readonly namespace: string
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /**
   * Called with all of them: first when they have been listed, then when one comes, goes, or asks for something else.
   * Changes of status alone are not told. What it throws is logged.
   */
  readonly onChange: (all: FollowedRepositories) => void
}

export class MeshRepositoryWatch {
  readonly #options: MeshRepositoryWatchOptions
  readonly #synced = Promise.withResolvers<void>()
  readonly #closing = new AbortController()
  readonly #watching: Promise<void>
  #current: FollowedRepositories | undefined
  #isTellingDue = false
  #isSaidUnserved = false

  /** Watches from now on. */
  constructor(options: MeshRepositoryWatchOptions) {
    this.#options = options
    this.#watching = this.#watch()
  }

  /**
   * Resolves when `onChange` has been told for the first time. While the cluster does not serve the kind it waits: no
   * repositories and none that can be seen are not the same, for whoever takes over the objects of one that is gone.
   */
  get synced(): Promise<void> {
    return this.#synced.promise
  }

  /** As last seen, with the newest status; `undefined` before they are known. */
  get current(): FollowedRepositories | undefined {
    return this.#current
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#watching
  }

  async #watch(): Promise<void> {
    const { cluster, namespace, clock, entropy, log } = this.#options
    const options = {
      ...{ cluster, clock, entropy, log, kind: MESH_REPOSITORY, list: { namespace } },
      onList: (items: readonly KubernetesObject[]) => this.#replace(items),
      onEvent: (event: ObjectEvent) => this.#receive(event),
      onFailure: (error: Error) => this.#failed(error),
    }
    await reflect(options, this.#closing.signal)
  }

  #replace(items: readonly KubernetesObject[]): void {
    const next = new Map(items.map((object) => [object.metadata.name, this.#follow(object)]))
    const isSame =
      next.size === this.#current?.size &&
      [...next].every(([name, one]) => isAsked(one, this.#current?.get(name)))
    this.#current = next
    if (!isSame) this.#tellSoon()
  }

  #receive({ type, object }: ObjectEvent): void {
    const { name } = object.metadata
    const next = new Map(this.#current)
    const before = next.get(name)
    if (type === 'deleted') next.delete(name)
    else next.set(name, this.#follow(object))
    this.#current = next
    const after = next.get(name)
    if (after === undefined ? before !== undefined : !isAsked(after, before)) this.#tellSoon()
  }

  #follow(object: KubernetesObject): FollowedRepository {
    const { uid = '', generation = 0, creationTimestamp = '', ...metadata } = object.metadata
    const before = this.#current?.get(metadata.name)
    const isSameSpec = before?.uid === uid && before.generation === generation
    return {
      object,
      uid,
      generation,
      createdAt: Date.parse(creationTimestamp) as Instant,
      requestedAt: metadata.annotations?.[RECONCILE_REQUESTED_AT],
      isBeingDeleted: metadata.deletionTimestamp !== undefined,
      spec: isSameSpec ? before.spec : readMeshRepository(object, this.#options),
    }
  }

  /** Changes that arrive in one turn are told together. */
  #tellSoon(): void {
    if (this.#isTellingDue) return
    this.#isTellingDue = true
    setImmediate(() => {
      this.#isTellingDue = false
      if (!this.#closing.signal.aborted) this.#tell()
    })
  }

  #tell(): void {
    try {
      this.#options.onChange(this.#current ?? new Map())
    } catch (error) {
      this.#options.log.error('whoever follows the repositories threw', { error })
    }
    this.#synced.resolve()
  }

  #failed(error: Error): void {
    const isUnserved = error instanceof ClusterError && error.code === 'KindNotServed'
    if (!isUnserved || this.#isSaidUnserved) return
    this.#isSaidUnserved = true
    this.#options.log.warn(
      'the cluster serves no MeshRepositories; install their definition, and they are found',
    )
  }
}

/** Whether what is asked is what was asked before. */
function isAsked(one: FollowedRepository, before: FollowedRepository | undefined): boolean {
  return (
    one.uid === before?.uid &&
    one.generation === before.generation &&
    one.requestedAt === before.requestedAt &&
    one.isBeingDeleted === before.isBeingDeleted
  )
}
