/** Keeps the lab's objects in the cluster: writes what changed, notices what was lost, and clears up after an earlier lab. */
import { canonicalJson } from '../model/canonical-json.ts'
import type { Clock, Ms } from '../model/clock.ts'
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import type { Logger } from '../model/logger.ts'
import { type ObjectKey, type ObjectKind, toObjectId, toObjectKey } from '../model/object-id.ts'
import { type Cluster, ClusterError } from '../reconciler/cluster.ts'
import { OWNER_LABEL } from './cluster-objects.ts'

const FIELD_MANAGER = 'plumbline-lab'
const RECONNECT_MS: Ms = 1000

/** In the order in which they depend on each other. */
export const MIRRORED_KINDS = [
  { group: '', version: 'v1', kind: 'ServiceAccount' },
  { group: '', version: 'v1', kind: 'Service' },
  { group: '', version: 'v1', kind: 'Pod' },
  { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice' },
] as const satisfies readonly ObjectKind[]

interface Known {
  /** What was written, to tell whether the next writing would change anything. */
  readonly written: string
  readonly stored: KubernetesObject
}

export class ClusterMirror {
  readonly #cluster: Cluster
  readonly #known = new Map<ObjectKey, Known>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Makes the object so, and its status where one is given; free when nothing changed. Throws `ClusterError`. */
  async put(
    object: KubernetesObject,
    status?: Readonly<Record<string, unknown>>,
  ): Promise<KubernetesObject> {
    const key = toObjectKey(toObjectId(object))
    const written = canonicalJson({ object, status })
    const known = this.#known.get(key)
    if (known?.written === written) return known.stored
    const options = { fieldManager: FIELD_MANAGER, force: true, dryRun: false }
    const stored = await this.#cluster.apply(object, options)
    if (status !== undefined) await this.#putStatus(stored, status)
    this.#known.set(key, { written, stored })
    return stored
  }

  /** Deletes the lab's objects that are not in `keep`: an earlier lab's, or those of a service whose ports changed. */
  async sweep(keep: ReadonlySet<ObjectKey>): Promise<void> {
    for (const kind of MIRRORED_KINDS.toReversed())
      for (const object of (await this.#cluster.list(kind, { labels: OWNER_LABEL })).items)
        if (!keep.has(toObjectKey(toObjectId(object)))) await this.#remove(object)
  }

  /** Calls `lost` whenever an object of this kind went missing, for as long as the signal lets it. */
  async watch(kind: ObjectKind, { lost, clock, log, signal }: WatchOptions): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#watchOnce(kind, lost, signal)
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error
        log.debug('watch ended', { kind: kind.kind, code: error.code })
      }
      await clock.sleep(RECONNECT_MS, signal)
    }
  }

  async #watchOnce(kind: ObjectKind, lost: () => void, signal: AbortSignal): Promise<void> {
    const { items, resourceVersion } = await this.#cluster.list(kind, { labels: OWNER_LABEL })
    const present = new Set(items.map((object) => toObjectKey(toObjectId(object))))
    const missing = [...this.#known].filter(
      ([key, { stored }]) => stored.kind === kind.kind && !present.has(key),
    )
    for (const [key] of missing) this.#known.delete(key)
    if (missing.length > 0) lost()
    const options = { labels: OWNER_LABEL, resourceVersion, signal }
    for await (const event of this.#cluster.watch(kind, options))
      if (event.type === 'deleted' && this.#known.delete(toObjectKey(toObjectId(event.object))))
        lost()
  }

  async #putStatus(
    stored: KubernetesObject,
    status: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { resourceVersion: _, ...metadata } = stored.metadata
    const object = { ...stored, metadata, status }
    await this.#cluster.update(object, { fieldManager: FIELD_MANAGER, subresource: 'status' })
  }

  async #remove(object: KubernetesObject): Promise<void> {
    this.#known.delete(toObjectKey(toObjectId(object)))
    try {
      await this.#cluster.delete(toObjectId(object))
    } catch (error) {
      if (!(error instanceof ClusterError && error.code === 'NotFound')) throw error
    }
  }
}

interface WatchOptions {
  readonly lost: () => void
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}
