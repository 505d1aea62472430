/** Asks the cluster about the objects of a commit: only about those that the commit or somebody else has changed. */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { keptKey, type ObjectId, type ObjectKey, toObjectId } from '../model/object-id.ts'
import type { DesiredObject } from '../render/kubernetes/desired-object.ts'
import { type Cluster, ClusterError } from './cluster.ts'
import { contentHash } from './content-hash.ts'
import { effectiveObject } from './drift/effective-object.ts'
import type { Inventory, InventoryEntry } from './inventory/inventory.ts'
import { judgeChanged } from './judge-changed.ts'
import type { LiveView } from './live-view.ts'
import { namespaceId } from './namespace-id.ts'
import { isAppliedByUs, isKeptFromPrune, withOwnerMark } from './owner-mark.ts'
import type { Ownership } from './ownership.ts'
import type { Leaving, Observation, Observations, Wanted } from './plan/observation.ts'
import { withLimit } from './with-limit.ts'

/** Requests under way at once. */
const CONCURRENCY = 16

export interface ObserveRequest {
  readonly cluster: Cluster
  readonly repository: string
  readonly desired: readonly DesiredObject[]
  readonly inventory: Inventory
  readonly live: LiveView
  readonly ownership: Ownership
  readonly signal: AbortSignal
}

/**
 * An object that changed costs one dry run at most, and one that leaves costs nothing where the view has it.
 * Throws `ClusterError` when the cluster cannot answer: an observation is whole or there is none.
 */
export async function observe(request: ObserveRequest): Promise<Observations> {
  const { desired, repository, inventory, live } = request
  const [settled, changed] = [[] as Observation[], [] as Wanted[]]
  const keys = new Set<ObjectKey>()
  // This is what a commit of one line costs in a repository of ten thousand objects: little is done here, and once.
  for (const { id, object } of desired) {
    const key = keptKey(id)
    const seen = live.get(id)
    const marked = withOwnerMark(effectiveObject(object, seen), repository)
    const hash = contentHash(marked)
    const entry = inventory.entries.get(key)
    keys.add(key)
    if (entry !== undefined && isSettled(entry, seen, hash))
      settled.push({ type: 'settled', entry })
    else changed.push({ id, marked, hash })
  }
  const missing = await namespacesMissing(changed, request)
  const homes = Map.groupBy(changed, ({ id }) => missing.has(id.namespace))
  const homeless = (homes.get(true) ?? []).map((wanted) => toHomeless(wanted))
  const judged = await judgeChanged(homes.get(false) ?? [], request)
  const leaving = await observeLeaving(request, keys)
  return { wanted: [...settled, ...homeless, ...judged], leaving }
}

function toHomeless(wanted: Wanted): Observation {
  return { ...wanted, type: 'homeless', namespace: wanted.id.namespace }
}

/** Whether the object is as we last applied it, and nobody has touched it since. */
function isSettled(
  { applied }: InventoryEntry,
  seen: KubernetesObject | undefined,
  hash: string,
): boolean {
  return (
    applied !== undefined &&
    applied.hash === hash &&
    applied.uid === seen?.metadata.uid &&
    applied.resourceVersion === seen.metadata.resourceVersion
  )
}

/** The namespaces that the objects need and that are not there. */
async function namespacesMissing(
  wanted: readonly Wanted[],
  { cluster, live }: ObserveRequest,
): Promise<ReadonlySet<string>> {
  const needed = new Set(wanted.map(({ id }) => id.namespace).filter((name) => name !== ''))
  const unseen = [...needed].filter((name) => live.get(namespaceId(name)) === undefined)
  // One that was made a moment ago must not keep its objects waiting.
  const asked = await withLimit(unseen, CONCURRENCY, async (name) => {
    const namespace = await cluster.get(namespaceId(name))
    return namespace === undefined ? [name] : []
  })
  return new Set(asked.flat())
}

async function observeLeaving(
  request: ObserveRequest,
  wanted: ReadonlySet<ObjectKey>,
): Promise<readonly Leaving[]> {
  const { cluster, inventory, live, signal } = request
  const tracked = [...inventory.entries].filter(([key]) => !wanted.has(key))
  const known = await withLimit(tracked, CONCURRENCY, async ([, { id, applied }]) => {
    signal.throwIfAborted()
    const seen = live.get(id)
    // The delete is for this version only; but that an object is gone, or is not ours, is asked of the cluster itself.
    const isSure = applied !== undefined && seen?.metadata.uid === applied.uid
    return { id, uid: applied?.uid, live: isSure ? seen : await getIfServed(cluster, id) }
  })
  const orphans = orphansOf(request, wanted)
  const found = await withLimit(orphans, CONCURRENCY, async (object): Promise<Leaving[]> => {
    signal.throwIfAborted()
    const id = toObjectId(object)
    const now = await getIfServed(cluster, id)
    return now === undefined ? [] : [{ id, uid: object.metadata.uid, live: now }]
  })
  return [...known, ...found.flat()]
}

/**
 * Objects that we wrote and that nobody tracks: what a control plane made that was no longer the one to write, or what is
 * left of an inventory that was lost.
 */
function orphansOf(
  { repository, inventory, live, ownership }: ObserveRequest,
  wanted: ReadonlySet<ObjectKey>,
): readonly KubernetesObject[] {
  const untracked = [...live.ofRepository(repository)].filter(
    ([key]) => !wanted.has(key) && !inventory.entries.has(key),
  )
  return untracked
    .map(([, object]) => object)
    .filter((object) => {
      // A copy that a backup put there is not of our making; and what the plan would let go at once is not taken in.
      if (!isAppliedByUs(object) || isKeptFromPrune(object)) return false
      return ownership.claimant(toObjectId(object), repository) === undefined
    })
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
