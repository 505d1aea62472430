/** Which MeshRepositories are followed, and what makes the controller look at them again. */
import { expect, it, onTestFinished } from 'vitest'
import { type Cluster, ClusterError } from '../../../src/reconciler/cluster.ts'
import {
  MESH_REPOSITORY,
  RECONCILE_REQUESTED_AT,
} from '../../../src/reconciler/repositories/mesh-repository-kind.ts'
import {
  type FollowedRepositories,
  MeshRepositoryWatch,
} from '../../../src/reconciler/repositories/mesh-repository-watch.ts'
import {
  aControlCluster,
  aMeshRepository,
  CONTROL_NAMESPACE,
} from '../../support/control-cluster.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { ScriptedCluster } from '../../support/scripted-cluster.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

const MANAGER = { fieldManager: 'test' }
const ID = { ...MESH_REPOSITORY, namespace: CONTROL_NAMESPACE, name: 'policies' }

async function aWorld() {
  const stored = await aControlCluster('elsewhere')
  const cluster = new ScriptedCluster(stored)
  const clock = new FakeClock()
  const log = new RecordingLogger()
  const told: FollowedRepositories[] = []
  const start = () => {
    const watch = new MeshRepositoryWatch({
      ...{ cluster, clock, log, entropy: new SeededEntropy(), namespace: CONTROL_NAMESPACE },
      onChange: (all) => void told.push(all),
    })
    onTestFinished(async () => await watch.close())
    return watch
  }
  /** Changes the repository as somebody would, and lets the watch see it. */
  const change = async (
    change: (live: ReturnType<typeof aMeshRepository>) => ReturnType<typeof aMeshRepository>,
    subresource?: 'status',
  ) => {
    const live = await stored.get(ID)
    if (live === undefined) throw new Error('there is no repository')
    await stored.update(change(live), { ...MANAGER, ...(subresource && { subresource }) })
    await clock.advance(0)
    await clock.advance(0)
  }
  return { stored, cluster, clock, log, told, start, change }
}

it('tells the repositories of the control namespace, and of no other', async () => {
  const { stored, told, start } = await aWorld()
  await stored.create(aMeshRepository(), MANAGER)
  await stored.create(aMeshRepository({}, { namespace: 'elsewhere' }), MANAGER)
  await stored.create(aMeshRepository({ url: 'ssh://x' }, { name: 'wrong' }), MANAGER)
  await start().synced
  expect(told.length).toBe(1)
  expect([...(told[0] ?? [])].map(([name, { spec }]) => [name, spec.ok])).toEqual([
    ['policies', true],
    ['wrong', false],
  ])
  const one = told[0]?.get('policies')
  expect(one).toMatchObject({ generation: 1, requestedAt: undefined, isBeingDeleted: false })
  expect(one?.uid).not.toBe('')
  expect(one?.createdAt).toBe(Date.UTC(2026, 0, 1))
})

it('tells that there are none', async () => {
  const { told, start } = await aWorld()
  await start().synced
  expect(told.map(({ size }) => size)).toEqual([0])
})

it('tells of a change of the spec, of a request, and of the end, each once', async () => {
  const { stored, told, start, change, clock } = await aWorld()
  await stored.create(aMeshRepository(), MANAGER)
  await start().synced
  await change((live) => ({ ...live, spec: { url: 'https://git.example.com/other.git' } }))
  expect(told.length).toBe(2)
  expect(told[1]?.get('policies')).toMatchObject({
    generation: 2,
    spec: { ok: true, value: { url: 'https://git.example.com/other.git' } },
  })
  await change((live) => ({
    ...live,
    metadata: { ...live.metadata, annotations: { [RECONCILE_REQUESTED_AT]: 'now' } },
  }))
  expect(told.length).toBe(3)
  expect(told[2]?.get('policies')?.requestedAt).toBe('now')
  expect(told[2]?.get('policies')?.spec).toBe(told[1]?.get('policies')?.spec)
  await stored.delete(ID)
  await clock.advance(0)
  await clock.advance(0)
  expect(told.map(({ size }) => size)).toEqual([1, 1, 1, 0])
})

it('does not tell of a status that was written, but has it', async () => {
  const { stored, told, start, change } = await aWorld()
  await stored.create(aMeshRepository(), MANAGER)
  const watch = start()
  await watch.synced
  await change((live) => ({ ...live, status: { commitShort: 'abc' } }), 'status')
  expect(told.length).toBe(1)
  expect(watch.current?.get('policies')?.object['status']).toEqual({ commitShort: 'abc' })
})

it('tells of a repository that was deleted and made again while the watch was broken', async () => {
  const { stored, cluster, told, start, clock } = await aWorld()
  await stored.create(aMeshRepository(), MANAGER)
  await start().synced
  const uid = told[0]?.get('policies')?.uid
  cluster.failLists(new ClusterError('Unavailable', 'no'))
  cluster.cutWatches(new ClusterError('Expired', 'too old'))
  await stored.delete(ID)
  await stored.create(aMeshRepository(), MANAGER)
  await clock.advance(60_000)
  expect(told.at(-1)?.get('policies')?.uid).not.toBe(uid)
  expect(told.every(({ size }) => size === 1)).toBe(true)
})

it('waits while the kind is not served, and says so once', async () => {
  const { cluster, clock, log, told, start } = await aWorld()
  const unserved = new ClusterError('KindNotServed', 'no kind MeshRepository')
  cluster.failLists(unserved, unserved)
  const watch = start()
  await clock.advance(50)
  expect(told).toEqual([])
  expect(watch.current).toBe(undefined)
  await clock.advance(10_000)
  await watch.synced
  expect(log.sentences).toEqual([
    'warn: the cluster serves no MeshRepositories; install their definition, and they are found',
  ])
})

it('goes on when the controller throws', async () => {
  const cluster: Cluster = await aControlCluster()
  const log = new RecordingLogger()
  const watch = new MeshRepositoryWatch({
    ...{ cluster, clock: new FakeClock(), log, entropy: new SeededEntropy() },
    namespace: CONTROL_NAMESPACE,
    onChange: () => {
      throw new Error('a bug')
    },
  })
  await watch.synced
  await watch.close()
  expect(log.sentences).toEqual(['error: whoever follows the repositories threw'])
})
