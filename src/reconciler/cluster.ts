/**
 * The cluster port: Kubernetes semantics without a Kubernetes client.
 *
 * Promises (held by test/contract/cluster-contract.ts against every adapter): `resourceVersion` changes with every write and
 * only grows; `generation` moves only when spec does; applying twice is applying once (no write, same resourceVersion); a field
 * that another manager owns with another value is a `Conflict` unless forced; a stale precondition is a `Conflict`; a dry run
 * answers what a write would and changes nothing; an apply that carries a uid or a `resourceVersion` writes that object at that
 * version or is a `Conflict`, and one that carries NOT_STORED makes a new object or is a `Conflict`; a watch continues a list
 * without a gap and in order; a watch too old says `Expired` and the caller lists again; a delete by uid spares a successor of
 * the same name.
 * Errors: `ClusterError`, thrown.
 */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import type { ObjectId, ObjectKind } from '../model/object-id.ts'

/**
 * The resourceVersion of no object that was ever stored (in etcd an empty store is at 1, and the first write at 2): an apply
 * that carries it, and no uid, never touches what is there already.
 */
export const NOT_STORED = '1'

export interface ApplyOptions {
  readonly fieldManager: string
  /** Take over fields that other managers own. */
  readonly force: boolean
  readonly dryRun: boolean
}

export interface ObjectList {
  readonly items: readonly KubernetesObject[]
  /** Where a watch continues this list. */
  readonly resourceVersion: string
}

export interface ListOptions {
  /** All namespaces when absent. */
  readonly namespace?: string
  /** `key=value` pairs, all of which must hold. */
  readonly labels?: Readonly<Record<string, string>>
}

export type WatchEvent =
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: KubernetesObject }
  | { readonly type: 'bookmark'; readonly resourceVersion: string }

export interface Preconditions {
  readonly uid?: string
  readonly resourceVersion?: string
}

export interface Cluster {
  get(id: ObjectId): Promise<KubernetesObject | undefined>
  list(kind: ObjectKind, options?: ListOptions): Promise<ObjectList>
  /** Ends when the signal aborts. Throws `Expired` when `resourceVersion` is older than the history kept. */
  watch(
    kind: ObjectKind,
    options: ListOptions & { readonly resourceVersion: string; readonly signal: AbortSignal },
  ): AsyncIterable<WatchEvent>
  /**
   * Server-side apply. Returns the object as stored (or as it would be). `metadata.uid` and `metadata.resourceVersion`, where
   * given, are preconditions, in a dry run too.
   */
  apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject>
  /** Create-only: `AlreadyExists` when it is there. */
  create(
    object: KubernetesObject,
    options: { readonly fieldManager: string },
  ): Promise<KubernetesObject>
  /** Replaces; `metadata.resourceVersion`, where given, must be the stored one. With `status`, only the status. */
  update(
    object: KubernetesObject,
    options: { readonly fieldManager: string; readonly subresource?: 'status' },
  ): Promise<KubernetesObject>
  /** `NotFound` when it is not there; `Conflict` when a precondition does not hold. */
  delete(id: ObjectId, preconditions?: Preconditions): Promise<void>
  /**
   * The same cluster, where each write, dry runs apart, first calls `mayWrite` when nothing holds it up any more, in the turn in which it is
   * sent; what that throws is what the write throws. Adapters that send in the turn of the call have no need of it.
   */
  withWriteGate?(mayWrite: () => void): Cluster
}

export type ClusterErrorCode =
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Invalid'
  | 'Forbidden'
  | 'Expired'
  | 'KindNotServed'
  | 'TooManyRequests'
  | 'Unavailable'

/** `message` names the object and says what was found; `retryAfterMs` is set where the server asked for a pause. */
export class ClusterError extends Error {
  readonly code: ClusterErrorCode
  readonly retryAfterMs: number | undefined

  constructor(
    code: ClusterErrorCode,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number },
  ) {
    super(message, options)
    this.name = 'ClusterError'
    this.code = code
    this.retryAfterMs = options?.retryAfterMs
  }
}
