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
  /** How the pass that crashed ended, and the one after it. */
  readonly through: string
  readonly after: string
  /** The TrafficTargets in the cluster that carry our mark, and those of the commit. */
  readonly owned: readonly string[]
  readonly wanted: readonly string[]
}

const FLIP = { ...BOOKSTORE_FILES, ...grantFile('bookbuyer', 'kept'), ...grantFile('a') }
const FLOP = { ...BOOKSTORE_FILES, ...grantFile('somebody', 'kept'), ...grantFile('b') }

/** Commits that add, change and remove an object, back and forth, until a pass has no more writes to crash at. */
export async function crashAtEveryWrite(cluster: Cluster): Promise<readonly CrashRound[]> {
  const git = new MemoryGit()
  git.commit(FLIP)
  await pass(git, cluster)
  const rounds: CrashRound[] = []
  for (let failAt = 0; rounds.at(-1)?.through !== 'synced'; failAt++)
    for (const isDone of [false, true]) {
      const isFlip = rounds.length % 2 === 1
      git.commit(isFlip ? FLIP : FLOP, `Round ${rounds.length}`)
      const crashing = new FaultyCluster(cluster, { failAt, isDone, isOnce: false })
      const through = await pass(git, crashing)
      const after = await pass(git, cluster)
      const wanted = [isFlip ? 'a' : 'b', 'bookbuyer', 'kept']
      rounds.push({ through, after, owned: await ownedGrants(cluster), wanted })
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
