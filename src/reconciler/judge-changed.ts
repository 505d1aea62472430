/**
 * Has the cluster judge what a commit changes, before the first write: every object by itself, except that of very many new
 * ones one of each sort is enough (docs/adr/0008-judge-before-writing.md).
 */
import type { ObjectId } from '../model/object-id.ts'
import type { Cluster } from './cluster.ts'
import { judgeObject, type LastSeen } from './judge-object.ts'
import type { LiveView } from './live-view.ts'
import { groupAlike } from './plan/group-alike.ts'
import type { Observation, Verdict, Wanted } from './plan/observation.ts'
import { withLimit } from './with-limit.ts'

/** Requests under way at once. */
const CONCURRENCY = 16
/** More new objects than this are nothing that anybody reads one by one. */
const MOST_JUDGED_NEW = 1_000

interface JudgeRequest {
  readonly cluster: Cluster
  readonly live: LiveView
  readonly signal: AbortSignal
}

/** Throws `ClusterError` when the cluster cannot answer. */
export async function judgeChanged(
  changed: readonly Wanted[],
  request: JudgeRequest,
): Promise<readonly Observation[]> {
  const isNew = ({ id }: Wanted) => lastSeen(id, request) === 'absent'
  const fresh = changed.filter(isNew)
  if (fresh.length <= MOST_JUDGED_NEW) return await judgeEach(changed, request)
  const known = changed.filter((wanted) => !isNew(wanted))
  return [...(await judgeEach(known, request)), ...(await judgeAlike(fresh, request))]
}

async function judgeAlike(
  fresh: readonly Wanted[],
  request: JudgeRequest,
): Promise<readonly Observation[]> {
  const groups = groupAlike(fresh)
  const representatives = groups.map(({ representative }) => representative)
  const verdicts = await judgeEach(representatives, request)
  const alike: Observation[] = []
  const doubtful: Wanted[] = []
  // Where one of a sort is refused, every one of it is asked about: whoever mends it wants to know them all.
  for (const [index, { representative, others }] of groups.entries())
    if (verdicts[index]?.type !== 'absent') doubtful.push(...others)
    else
      for (const wanted of others)
        alike.push({ ...wanted, type: 'alike', judged: representative.id })
  return [...verdicts, ...alike, ...(await judgeEach(doubtful, request))]
}

async function judgeEach(
  all: readonly Wanted[],
  request: JudgeRequest,
): Promise<readonly Verdict[]> {
  return await withLimit(all, CONCURRENCY, async (wanted) => {
    request.signal.throwIfAborted()
    return await judgeObject(wanted, lastSeen(wanted.id, request), request.cluster)
  })
}

function lastSeen(id: ObjectId, { live }: JudgeRequest): LastSeen {
  return live.get(id) ?? (live.knows(id) ? 'absent' : 'unknown')
}
