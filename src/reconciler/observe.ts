/** Asks the cluster about the objects of a commit: only about those that the commit or somebody else has changed. */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { type ObjectId, type ObjectKey, toObjectKey } from '../model/object-id.ts'
import type { DesiredObject } from '../render/kubernetes/desired-object.ts'
import { type Cluster, ClusterError } from './cluster.ts'
import { contentHash } from './content-hash.ts'
import type { Inventory, InventoryEntry } from './inventory/inventory.ts'
import { FIELD_MANAGER, withOwnerMark } from './owner-mark.ts'
import type { Observation, Observations } from './plan/observation.ts'
import { withLimit } from './with-limit.ts'

/** Requests under way at once. */
const CONCURRENCY = 16

export interface ObserveRequest {
  readonly cluster: Cluster
  readonly repository: string
  readonly desired: readonly DesiredObject[]
  readonly inventory: Inventory
  /** Objects as they were last seen; may lag behind, which costs a question and never an answer. */
  readonly live: (id: ObjectId) => KubernetesObject | undefined
  readonly signal: AbortSignal
}

/** Throws `ClusterError` when the cluster cannot answer: an observation is whole or there is none. */
export async function observe(request: ObserveRequest): Promise<Observations> {
  const { cluster, desired, inventory, signal } = request
  const [settled, changed] = [[] as Observation[], [] as DesiredObject[]]
  for (const object of desired) {
    const entry = settledEntry(object, request)
    if (entry === undefined) changed.push(object)
    else settled.push({ type: 'settled', entry })
  }
  const missing = await namespacesMissing(changed, request)
  const asked = await withLimit(changed, CONCURRENCY, async (object) => {
    signal.throwIfAborted()
    return await observeChanged(object, request, missing)
  })
  const keys = new Set<ObjectKey>(desired.map(({ id }) => toObjectKey(id)))
  const entries = [...inventory.entries].filter(([key]) => !keys.has(key)).map(([, entry]) => entry)
  // What may be deleted is always read from the cluster itself.
  const leaving = await withLimit(entries, CONCURRENCY, async (entry) => {
    signal.throwIfAborted()
    return { entry, live: await getIfServed(cluster, entry.id) }
  })
  return { wanted: [...settled, ...asked], leaving }
}

/** The entry of an object that is as we last applied it, and that nobody has touched since. */
function settledEntry(
  { id, object }: DesiredObject,
  { inventory, live }: ObserveRequest,
): InventoryEntry | undefined {
  const entry = inventory.entries.get(toObjectKey(id))
  const applied = entry?.applied
  if (applied === undefined) return undefined
  const metadata = live(id)?.metadata
  const isUntouched =
    applied.uid === metadata?.uid && applied.resourceVersion === metadata.resourceVersion
  return isUntouched && applied.hash === contentHash(object) ? entry : undefined
}

async function observeChanged(
  desired: DesiredObject,
  { cluster, repository }: ObserveRequest,
  missing: ReadonlySet<string>,
): Promise<Observation> {
  const hash = contentHash(desired.object)
  const marked = withOwnerMark(desired.object, repository)
  const { namespace } = desired.id
  if (missing.has(namespace)) return { type: 'homeless', desired, marked, hash, namespace }
  return await ask({ desired, marked, hash }, cluster)
}

async function ask(
  wanted: {
    readonly desired: DesiredObject
    readonly marked: KubernetesObject
    readonly hash: string
  },
  cluster: Cluster,
): Promise<Observation> {
  let live: KubernetesObject | undefined
  try {
    live = await cluster.get(wanted.desired.id)
    const result = await cluster.apply(wanted.marked, {
      fieldManager: FIELD_MANAGER,
      force: true,
      dryRun: true,
    })
    return live === undefined
      ? { ...wanted, type: 'absent' }
      : { ...wanted, type: 'present', live, result }
  } catch (error) {
    if (!(error instanceof ClusterError) || !isVerdict(error)) throw error
    return { ...wanted, type: 'refused', live, code: error.code, message: error.message }
  }
}

/** Whether the error is the cluster's answer about this object, and not a failure to answer. */
function isVerdict({ code }: ClusterError): boolean {
  return code !== 'Unavailable' && code !== 'TooManyRequests' && code !== 'Expired'
}

/** The namespaces that the objects need and that are not there. */
async function namespacesMissing(
  objects: readonly DesiredObject[],
  { cluster, live }: ObserveRequest,
): Promise<ReadonlySet<string>> {
  const needed = new Set(objects.map(({ id }) => id.namespace).filter((name) => name !== ''))
  const unseen = [...needed].filter((name) => live(namespaceId(name)) === undefined)
  const asked = await withLimit(unseen, CONCURRENCY, async (name) => {
    const namespace = await cluster.get(namespaceId(name))
    return namespace === undefined ? [name] : []
  })
  return new Set(asked.flat())
}

function namespaceId(name: string): ObjectId {
  return { group: '', version: 'v1', kind: 'Namespace', namespace: '', name }
}

/** An object of a kind that is no longer served is as gone as one that was deleted. */
async function getIfServed(cluster: Cluster, id: ObjectId): Promise<KubernetesObject | undefined> {
  try {
    return await cluster.get(id)
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'KindNotServed') return undefined
    throw error
  }
}
