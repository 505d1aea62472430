/** What others change in our objects is put back at once, and said. */
import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { ClusterError } from '../../src/reconciler/cluster.ts'
import { aNamespace, idOf } from '../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { MemoryGit } from '../support/memory-git.ts'
import { aTrafficTarget } from '../support/policy-objects.ts'
import { BOOKSTORE_FILES, grantFile, NAMESPACE_FILE } from '../support/policy-yaml.ts'
import { aReconcilerWorld, ReconcilerWorld } from '../support/reconciler-world.ts'
import { RecordingCluster } from '../support/recording-cluster.ts'

const BUYER = idOf(aTrafficTarget('bookbuyer'))
const asKubectl = { fieldManager: 'kubectl-edit' }

async function aWatchedWorld(mode: 'correct' | 'report' = 'correct'): Promise<ReconcilerWorld> {
  const world = await aReconcilerWorld({ settings: { drift: mode } })
  world.watchDrift(mode)
  world.git.commit(BOOKSTORE_FILES)
  await world.pass()
  await world.clock.advance(100)
  expect(world.drift).toEqual([])
  return world
}

/** Lets watches, debounce and writes to the disk happen, for the tests in which nothing should come of them. */
async function settle(world: ReconcilerWorld): Promise<void> {
  for (let i = 0; i < 12; i++) await turn(world)
}

/** Waits for so many reports in all; the test's own time limit bounds it. */
async function reported(world: ReconcilerWorld, count: number): Promise<void> {
  while (world.drift.length < count) await turn(world)
}

async function turn(world: ReconcilerWorld): Promise<void> {
  await world.clock.advance(5)
  await new Promise((resolve) => setTimeout(resolve, 1))
}

async function edit(
  world: ReconcilerWorld,
  change: (live: KubernetesObject) => KubernetesObject,
): Promise<void> {
  const live = await world.cluster.get(BUYER)
  if (live === undefined) throw new Error('there is nothing to edit')
  await world.cluster.update(change(live), asKubectl)
}

const thief = { kind: 'ServiceAccount', name: 'bookthief', namespace: 'bookstore' }
const letThiefIn = (live: KubernetesObject): KubernetesObject => ({
  ...live,
  spec: { ...(live['spec'] as object), sources: [thief] },
})

it('puts an edit back, naming the manager, the fields and the file', async () => {
  const world = await aWatchedWorld()
  await edit(world, letThiefIn)
  await reported(world, 1)
  expect(world.drift).toMatchObject([
    {
      object: BUYER,
      location: { file: 'grant-bookbuyer.yaml', line: 2, column: 1 },
      commit: world.served[0],
      managers: ['kubectl-edit'],
      fields: ['.spec.sources'],
      editedAt: '2026-01-01T00:00:00Z',
      action: 'restored',
      isFight: false,
      effect: {
        opened: ['bookstore/bookthief → bookstore/bookstore *, e.g. GET /'],
        closed: ['bookstore/bookbuyer → bookstore/bookstore *, e.g. GET /'],
        traffic: [],
      },
    },
  ])
  expect(await world.cluster.get(BUYER)).toMatchObject({
    spec: { sources: [{ name: 'bookbuyer' }] },
  })
})

it('takes out a field that somebody adds', async () => {
  const world = await aWatchedWorld()
  await edit(world, (live) => ({ ...live, spec: { ...(live['spec'] as object), extra: { a: 1 } } }))
  await reported(world, 1)
  expect(world.drift).toMatchObject([
    {
      ...{ managers: ['kubectl-edit'], fields: ['.spec.extra.a'], action: 'restored' },
      effect: { note: expect.stringMatching(/^no commit could say so: spec\.extra: /) },
    },
  ])
  expect((await world.cluster.get(BUYER))?.['spec']).not.toHaveProperty('extra')
})

it('makes again what somebody deletes', async () => {
  const world = await aWatchedWorld()
  await world.cluster.delete(BUYER)
  await reported(world, 1)
  expect(world.drift).toMatchObject([
    {
      ...{ object: BUYER, managers: [], fields: [], action: 'recreated' },
      effect: { closed: ['bookstore/bookbuyer → bookstore/bookstore *, e.g. GET /'] },
    },
  ])
  expect(await world.cluster.get(BUYER)).toBeDefined()
})

it('enrolls a namespace again that somebody took out of the mesh, and leaves their own labels', async () => {
  const world = await aWatchedWorld()
  await world.cluster.update(aNamespace('bookstore', { labels: { team: 'books' } }), asKubectl)
  await reported(world, 1)
  expect(world.drift).toMatchObject([
    {
      ...{ object: { kind: 'Namespace' }, action: 'restored' },
      effect: { traffic: ['namespace bookstore leaves the mesh'] },
    },
  ])
  expect((await world.cluster.get(idOf(aNamespace('bookstore'))))?.metadata.labels).toEqual({
    'openservicemesh.io/monitored-by': 'osm',
    'plumbline.dev/repository': 'policies',
    team: 'books',
  })
})

it('takes no offence at labels and annotations that others add', async () => {
  const world = await aWatchedWorld()
  await edit(world, (live) => ({
    ...live,
    metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, note: 'mine' } },
  }))
  await settle(world)
  expect(world.drift).toEqual([])
  expect((await world.cluster.get(BUYER))?.metadata.annotations).toHaveProperty('note', 'mine')
})

it('takes its own writes and prunes for no drift', async () => {
  const world = await aWatchedWorld()
  world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('mallory', 'bookbuyer') })
  await world.pass()
  await settle(world)
  world.git.commit(NAMESPACE_FILE)
  await world.pass()
  await settle(world)
  expect(world.drift).toEqual([])
})

it('names a fight after five corrections a minute, and lets the object rest longer each time', async () => {
  const world = await aWatchedWorld()
  for (let i = 0; i < 6; i++) {
    await edit(world, letThiefIn)
    await reported(world, i + 1)
  }
  expect(world.drift.map(({ isFight }) => isFight)).toEqual([
    ...Array.from({ length: 5 }, () => false),
    true,
  ])
  expect(world.log.lines.at(-1)).toMatchObject({
    level: 'warn',
    fields: {
      object: 'TrafficTarget bookstore/bookbuyer',
      managers: ['kubectl-edit'],
      restMs: 1_000,
      advice: 'stop kubectl-edit, or take the object out of the repository',
    },
  })
  expect(world.drift.at(-1)?.advice).toContain('stop kubectl-edit')
  expect(world.drift.at(-2)).not.toHaveProperty('advice')
  await edit(world, letThiefIn)
  await settle(world)
  expect(world.drift).toHaveLength(6)
  await reported(world, 7)
  expect(world.drift).toHaveLength(7)
})

it('only reports where it is told to, each change once, and passes leave it too', async () => {
  const world = await aWatchedWorld('report')
  await edit(world, letThiefIn)
  await reported(world, 1)
  await world.pass()
  await settle(world)
  expect(world.drift).toMatchObject([{ managers: ['kubectl-edit'], action: 'reported' }])
  expect(await world.cluster.get(BUYER)).toMatchObject({ spec: { sources: [thief] } })
  world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('bookthief') })
  await world.pass()
  expect(await world.cluster.get(BUYER)).toMatchObject({
    spec: { sources: [{ name: 'bookbuyer' }] },
  })
})

it('reports nothing of an edit that its author takes back at once', async () => {
  const world = await aWatchedWorld('report')
  const before = await world.cluster.get(BUYER)
  await edit(world, letThiefIn)
  await edit(world, (live) => ({ ...live, spec: before?.['spec'] }))
  await settle(world)
  expect(world.drift).toEqual([])
  expect(world.log.lines).toEqual([])
})

it('judges anew what somebody writes between its reading and its writing', async () => {
  const git = new MemoryGit()
  const clock = new FakeClock()
  const cluster = new RecordingCluster(await anEmbeddedCluster({ clock }))
  const world = new ReconcilerWorld(git, cluster, clock)
  world.watchDrift()
  git.commit(BOOKSTORE_FILES)
  await world.pass()
  await edit(world, letThiefIn)
  let overtaken = 0
  cluster.before = async (call) => {
    if (call !== 'apply TrafficTarget bookstore/bookbuyer' || overtaken === 1) return
    overtaken += 1
    await edit(world, (live) => ({ ...live, spec: { ...(live['spec'] as object), sources: [] } }))
  }
  await reported(world, 1)
  expect(overtaken).toBe(1)
  expect(world.drift[0]?.effect).toMatchObject({ opened: [], closed: [expect.any(String)] })
  expect(await cluster.get(BUYER)).toMatchObject({ spec: { sources: [{ name: 'bookbuyer' }] } })
  expect(world.log.lines).toEqual([])
})

it('tries again when the cluster does not let it', async () => {
  const world = await aWatchedWorld()
  const { cluster } = world
  const get = cluster.get.bind(cluster)
  cluster.get = async () => {
    throw new ClusterError('Unavailable', 'the connection was lost')
  }
  await cluster.delete(BUYER)
  await settle(world)
  expect(world.drift).toEqual([])
  cluster.get = get
  await reported(world, 1)
  expect(world.drift).toMatchObject([{ action: 'recreated' }])
})
