/** Has the cluster judge one object, by a dry run at exactly the version that the answer is compared with. */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { type Cluster, ClusterError } from './cluster.ts'
import { contentHash } from './content-hash.ts'
import { effectiveObject } from './drift/effective-object.ts'
import { FIELD_MANAGER } from './owner-mark.ts'
import type { Verdict, Wanted } from './plan/observation.ts'
import { preconditionsOf } from './preconditions-of.ts'

/** Somebody who writes between every reading and every dry run is let be until the next pass. */
const MAX_ATTEMPTS = 3

/** The object as it was last seen; `absent` for one that was not there, `unknown` where nobody looked. */
export type LastSeen = KubernetesObject | 'absent' | 'unknown'

/**
 * What was last seen may be out of date: the dry run then is a `Conflict`, and the object is read and judged again. So it
 * costs one call where that is right, and never a verdict about another object than the live one.
 * Throws `ClusterError` when the cluster cannot answer.
 */
export async function judgeObject(
  wanted: Wanted,
  lastSeen: LastSeen,
  cluster: Cluster,
): Promise<Verdict> {
  let seen = lastSeen
  for (let attempt = 1; ; attempt++) {
    const verdict = await judgeOnce(wanted, seen, cluster)
    const isOutdated = verdict.type === 'refused' && verdict.code === 'Conflict'
    if (!isOutdated || attempt === MAX_ATTEMPTS) return verdict
    seen = 'unknown'
  }
}

async function judgeOnce(given: Wanted, seen: LastSeen, cluster: Cluster): Promise<Verdict> {
  let live = typeof seen === 'object' ? seen : undefined
  let wanted = given
  try {
    if (seen === 'unknown') live = await cluster.get(given.id)
    wanted = toEffective(given, live)
    const result = await dryRun(wanted.marked, live, cluster)
    return live === undefined
      ? { ...wanted, type: 'absent' }
      : { ...wanted, type: 'present', live, result }
  } catch (error) {
    if (!(error instanceof ClusterError) || !isVerdict(error)) throw error
    return { ...wanted, type: 'refused', live, code: error.code, message: error.message }
  }
}

/** What a controller wrote meanwhile, by leave of the commit, is not taken back. */
function toEffective(wanted: Wanted, live: KubernetesObject | undefined): Wanted {
  const marked = effectiveObject(wanted.marked, live)
  return marked === wanted.marked ? wanted : { ...wanted, marked, hash: contentHash(marked) }
}

async function dryRun(
  marked: KubernetesObject,
  live: KubernetesObject | undefined,
  cluster: Cluster,
): Promise<KubernetesObject> {
  const metadata = { ...marked.metadata, ...preconditionsOf(live) }
  const options = { fieldManager: FIELD_MANAGER, force: true, dryRun: true }
  return await cluster.apply({ ...marked, metadata }, options)
}

/** Whether the error is the cluster's answer about this object, and not a failure to answer. */
function isVerdict({ code }: ClusterError): boolean {
  return code !== 'Unavailable' && code !== 'TooManyRequests' && code !== 'Expired'
}
