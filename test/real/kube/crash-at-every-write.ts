/** A control plane that dies before, or just after, one of its writes: each write in turn, and then what a restart makes of it. */
import type { Cluster } from '../../../src/reconciler/cluster.ts'
import { repositoryOf } from '../../../src/reconciler/owner-mark.ts'
import { idOf } from '../../support/cluster-objects.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FaultyCluster } from '../../support/faulty-cluster.ts'
import { MemoryGit } from '../../support/memory-git.ts'
import { aTrafficTarget } from '../../support/policy-objects.ts'
import { BOOKSTORE_FILES, grantFile } from '../../support/policy-yaml.ts'
import { ReconcilerWorld } from '../../support/reconciler-world.ts'

export interface CrashRound {
  /** How the pass that crashed ended, and the one that takes it back. */
  readonly through: string
  readonly after: string
  /** The TrafficTargets in the cluster that carry our mark, in the end. */
  readonly owned: readonly string[]
}

const BEFORE = { ...BOOKSTORE_FILES, ...grantFile('bookbuyer', 'kept'), ...grantFile('a') }
const CRASHING = { ...BOOKSTORE_FILES, ...grantFile('somebody', 'kept'), ...grantFile('b') }

/**
 * A commit that adds, changes and removes an object crashes, and is taken back: whatever it had made by then must go, though no
 * commit names it any more. Until a pass has no more writes to crash at.
 */
export async function crashAtEveryWrite(cluster: Cluster): Promise<readonly CrashRound[]> {
  const git = new MemoryGit()
  git.commit(BEFORE)
  await pass(git, cluster)
  const rounds: CrashRound[] = []
  for (let failAt = 0; rounds.at(-1)?.through !== 'synced'; failAt++)
    for (const isDone of [false, true]) {
      git.commit(CRASHING, `Round ${rounds.length}`)
      const through = await pass(git, new FaultyCluster(cluster, { failAt, isDone, isOnce: false }))
      git.commit(BEFORE, `Take back round ${rounds.length}`)
      const after = await pass(git, cluster)
      rounds.push({ through, after, owned: await ownedGrants(cluster) })
    }
  return rounds
}

/** One pass of a control plane that knows nothing but what the cluster and git tell it. */
async function pass(git: MemoryGit, cluster: Cluster): Promise<string> {
  const world = new ReconcilerWorld(git, cluster, new FakeClock())
  const { type } = await world.pass()
  await world.live.close()
  return type
}

async function ownedGrants(cluster: Cluster): Promise<readonly string[]> {
  const { items } = await cluster.list(idOf(aTrafficTarget('any')))
  return items
    .filter((object) => repositoryOf(object) === 'policies')
    .map(({ metadata }) => metadata.name)
    .sort()
}
