/** kill -9 of a control plane at any moment: a restart converges, with nothing orphaned and nobody's help. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { EmbeddedCluster } from '../../src/reconciler/embedded/embedded-cluster.ts'
import { repositoryOf } from '../../src/reconciler/owner-mark.ts'
import { aTestProcess } from '../support/child-process.ts'
import { idOf } from '../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FLOP } from '../support/flipping-policy.ts'
import { MemoryGit } from '../support/memory-git.ts'
import { aTrafficTarget } from '../support/policy-objects.ts'
import { ReconcilerWorld } from '../support/reconciler-world.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const PROGRAM = join(import.meta.dirname, 'reconcile-for-ever.ts')

async function grantsOf(cluster: EmbeddedCluster): Promise<readonly string[]> {
  const { items } = await cluster.list(idOf(aTrafficTarget('x')))
  return items
    .filter((object) => repositoryOf(object) === 'policies')
    .map(({ metadata }) => metadata.name)
    .sort()
}

it('leaves nothing that a restart does not put right', async () => {
  const directory = await temporaryDirectory()
  const expected = Object.keys(FLOP)
    .filter((file) => file.startsWith('grant-'))
    .map((file) => file.slice('grant-'.length, -'.yaml'.length))
    .sort()
  for (let round = 0; round < 8; round++) {
    const child = aTestProcess(PROGRAM, directory, String(round))
    // Killed after another number of passes each round, while the next one writes.
    for (let i = 0; i < 1 + round; i++) await child.line()
    await new Promise((resolve) => setTimeout(resolve, round * 3))
    child.kill()
    const lines = await child.remainingLines()
    expect(lines.filter((line) => line !== 'synced' && line !== 'open')).toEqual([])
    const cluster = await anEmbeddedCluster({ directory })
    const git = new MemoryGit()
    const commit = git.commit(FLOP, `Put right ${round}\n\nPlumbline-Allow-Prune: all`)
    const world = new ReconcilerWorld(git, cluster, new FakeClock())
    expect(await world.pass()).toEqual({ type: 'synced', commit })
    expect(await grantsOf(cluster)).toEqual(expected)
    await world.live.close()
    await cluster.close()
  }
}, 120_000)
