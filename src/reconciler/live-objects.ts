/** The objects of the kinds we manage as the cluster has them, kept current by watches, and who wants to know of changes. */
import type { Clock } from '../model/clock.ts'
import type { Entropy } from '../model/entropy.ts'
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import type { Logger } from '../model/logger.ts'
import {
  keptKey,
  type ObjectId,
  type ObjectKey,
  type ObjectKind,
  toObjectId,
  toObjectKey,
} from '../model/object-id.ts'
import { untilAborted } from '../model/until-aborted.ts'
import { type Cluster, ClusterError } from './cluster.ts'
import { repositoryOf } from './owner-mark.ts'
import { type ObjectEvent, reflect } from './reflect.ts'

export interface LiveChange {
  readonly id: ObjectId
  /** Absent for an object that came. */
  readonly before: KubernetesObject | undefined
  /** Absent for an object that went. */
  readonly after: KubernetesObject | undefined
}

type Listener = (change: LiveChange) => void

interface FollowedKind {
  /** Whether a list has said what there is. */
  isKnown: boolean
  readonly objects: Map<ObjectKey, KubernetesObject>
  readonly done: Promise<void>
  /** How the first list ends: `undefined` once it is known what there is. After a failure there is another attempt. */
  attempt: PromiseWithResolvers<Error | undefined>
}

const NONE: ReadonlyMap<ObjectKey, KubernetesObject> = new Map()

export interface LiveObjectsOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

export class LiveObjects {
  readonly #options: LiveObjectsOptions
  readonly #kinds = new Map<string, FollowedKind>()
  /** The kind that was asked for last: whoever asks for many objects mostly asks for one kind in a row. */
  #last: { readonly kind: ObjectKind; readonly followed: FollowedKind } | undefined
  /** The objects that rightly carry a repository's mark: what is looked for among them costs no look at the others. */
  readonly #marked = new Map<string, Map<ObjectKey, KubernetesObject>>()
  readonly #listeners = new Set<Listener>()
  readonly #closing = new AbortController()

  constructor(options: LiveObjectsOptions) {
    this.#options = options
  }

  /**
   * Resolves when the kinds are known, following those that were not followed yet. A kind that the cluster does not serve
   * counts as known and empty. Throws when a first list fails (it is tried again meanwhile), or the signal aborts.
   */
  async follow(kinds: readonly ObjectKind[], signal: AbortSignal): Promise<void> {
    const followed = kinds.map((kind) => this.#kinds.get(toKey(kind)) ?? this.#start(kind))
    const all = Promise.all(followed.map(({ attempt }) => attempt.promise))
    const errors = await untilAborted(all, signal)
    const error = errors.find((outcome) => outcome !== undefined)
    if (error !== undefined) throw error
  }

  /** As last seen; `undefined` also for a kind that is not followed. */
  get(id: ObjectId): KubernetesObject | undefined {
    return this.#followed(id)?.objects.get(keptKey(id))
  }

  /** Whether every object of the kind is known: one that `get` does not have was not there a moment ago. */
  knows(kind: ObjectKind): boolean {
    return this.#followed(kind)?.isKnown === true
  }

  /** Every object that rightly carries the repository's mark, of the kinds that are followed. */
  ofRepository(repository: string): ReadonlyMap<ObjectKey, KubernetesObject> {
    return this.#marked.get(repository) ?? NONE
  }

  /** Tells of every change from now on. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#kinds.values()].map(({ done }) => done))
  }

  #followed(kind: ObjectKind): FollowedKind | undefined {
    if (this.#last?.kind.kind === kind.kind && this.#last.kind.group === kind.group)
      return this.#last.followed
    const followed = this.#kinds.get(toKey(kind))
    if (followed !== undefined) this.#last = { kind, followed }
    return followed
  }

  #start(kind: ObjectKind): FollowedKind {
    const objects = new Map<ObjectKey, KubernetesObject>()
    const onList = (items: readonly KubernetesObject[]) => {
      this.#replace(objects, items)
      followed.isKnown = true
      followed.attempt.resolve(undefined)
    }
    const onEvent = ({ type, object }: ObjectEvent) =>
      this.#put(objects, toObjectId(object), type === 'deleted' ? undefined : object)
    const onFailure = (error: Error) => {
      const isUnserved = error instanceof ClusterError && error.code === 'KindNotServed'
      const { attempt } = followed
      if (!isUnserved && !followed.isKnown) followed.attempt = Promise.withResolvers()
      attempt.resolve(isUnserved ? undefined : error)
    }
    const options = { ...this.#options, kind, onList, onEvent, onFailure }
    const followed: FollowedKind = {
      isKnown: false,
      objects,
      attempt: Promise.withResolvers(),
      done: Promise.resolve().then(() => reflect(options, this.#closing.signal)),
    }
    this.#kinds.set(toKey(kind), followed)
    return followed
  }

  #replace(objects: Map<ObjectKey, KubernetesObject>, items: readonly KubernetesObject[]): void {
    const keys = new Set(items.map((item) => toObjectKey(toObjectId(item))))
    const gone = [...objects].filter(([key]) => !keys.has(key)).map(([, object]) => object)
    for (const object of gone) this.#put(objects, toObjectId(object), undefined)
    for (const item of items) this.#put(objects, toObjectId(item), item)
  }

  #put(
    objects: Map<ObjectKey, KubernetesObject>,
    id: ObjectId,
    after: KubernetesObject | undefined,
  ): void {
    const key = toObjectKey(id)
    const before = objects.get(key)
    if (before?.metadata.resourceVersion === after?.metadata.resourceVersion) return
    if (after === undefined) objects.delete(key)
    else objects.set(key, after)
    this.#mark(key, before, after)
    for (const listener of this.#listeners) listener({ id, before, after })
  }

  #mark(
    key: ObjectKey,
    before: KubernetesObject | undefined,
    after: KubernetesObject | undefined,
  ): void {
    const was = before === undefined ? undefined : repositoryOf(before)
    const is = after === undefined ? undefined : repositoryOf(after)
    if (was !== undefined && was !== is) this.#marked.get(was)?.delete(key)
    if (is === undefined || after === undefined) return
    const marked = this.#marked.get(is) ?? new Map<ObjectKey, KubernetesObject>()
    this.#marked.set(is, marked.set(key, after))
  }
}

function toKey({ group, kind }: ObjectKind): string {
  return `${group}/${kind}`
}
