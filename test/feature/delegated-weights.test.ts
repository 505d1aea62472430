/** A controller sets the weights of a split that the commit hands over, and the mesh follows them; nobody else does, and not beyond the bounds. */
import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import type { ObjectId } from '../../src/model/object-id.ts'
import { delegatesWeights, withLiveWeights } from '../../src/reconciler/drift/with-live-weights.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { MemoryGit } from '../support/memory-git.ts'
import { NAMESPACE_FILE } from '../support/policy-yaml.ts'
import { afterRestart, aReconcilerWorld, ReconcilerWorld } from '../support/reconciler-world.ts'
import { RecordingCluster } from '../support/recording-cluster.ts'

const SPLIT: ObjectId = {
  ...{ group: 'split.smi-spec.io', version: 'v1alpha4', kind: 'TrafficSplit' },
  ...{ namespace: 'bookstore', name: 'bookstore' },
}

interface Declared {
  readonly weights?: readonly [number, number]
  readonly bounds?: string
  readonly manager?: string
}

function splitFile({
  weights = [90, 10],
  bounds = 'v2=0..50',
  manager = 'flagger',
}: Declared = {}) {
  return {
    ...NAMESPACE_FILE,
    'split.yaml': `
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata:
  name: bookstore
  namespace: bookstore
  annotations:
    plumbline.dev/delegate-weights: ${manager}
    plumbline.dev/weight-bounds: ${bounds}
spec:
  service: bookstore
  backends:
    - { service: v1, weight: ${weights[0]} }
    - { service: v2, weight: ${weights[1]} }
`,
  }
}

async function aWorld(mode: 'correct' | 'report' = 'correct'): Promise<ReconcilerWorld> {
  const world = await aReconcilerWorld({ settings: { drift: mode } })
  world.watchDrift(mode)
  world.git.commit(splitFile())
  await world.pass()
  await settle(world)
  return world
}

async function turn(world: ReconcilerWorld): Promise<void> {
  await world.clock.advance(5)
  await new Promise((resolve) => setTimeout(resolve, 1))
}

async function settle(world: ReconcilerWorld): Promise<void> {
  for (let i = 0; i < 12; i++) await turn(world)
}

async function reported(world: ReconcilerWorld, count: number): Promise<void> {
  while (world.drift.length < count) await turn(world)
}

async function splitIn({ cluster }: ReconcilerWorld): Promise<KubernetesObject> {
  const live = await cluster.get(SPLIT)
  if (live === undefined) throw new Error('there is no split')
  return live
}

/** Writes the weights as the manager, by update as most controllers do. */
async function setWeights(
  world: ReconcilerWorld,
  manager: string,
  weights: Readonly<Record<string, number>>,
): Promise<void> {
  const live = await splitIn(world)
  const backends = Object.entries(weights).map(([service, weight]) => ({ service, weight }))
  const spec = { ...(live['spec'] as object), backends }
  await world.cluster.update({ ...live, spec }, { fieldManager: manager })
}

async function weightsIn(world: ReconcilerWorld): Promise<Readonly<Record<string, number>>> {
  const { backends } = (await splitIn(world))['spec'] as {
    readonly backends: readonly { readonly service: string; readonly weight: number }[]
  }
  return Object.fromEntries(backends.map(({ service, weight }) => [service, weight]))
}

/** What proxies are told. */
function weightsServed({ intent, live }: ReconcilerWorld): Readonly<Record<string, number>> {
  if (intent === undefined) throw new Error('nothing is served')
  const { splits } = withLiveWeights(intent, (id) => live.get(id))
  const backends = [...splits.values()].flat().flatMap((split) => split.backends)
  return Object.fromEntries(backends.map(({ service, weight }) => [service.name, weight]))
}

it('follows the weights that the controller sets within its bounds, pass after pass, and writes nothing', async () => {
  const world = await aWorld()
  expect(weightsServed(world)).toEqual({ v1: 90, v2: 10 })
  await setWeights(world, 'flagger', { v1: 70, v2: 30 })
  await settle(world)
  const { resourceVersion } = (await splitIn(world)).metadata
  await world.pass()
  await world.pass()
  await settle(world)
  expect(world.drift).toEqual([])
  expect((await splitIn(world)).metadata.resourceVersion).toBe(resourceVersion)
  expect(await weightsIn(world)).toEqual({ v1: 70, v2: 30 })
  expect(weightsServed(world)).toEqual({ v1: 70, v2: 30 })
  await setWeights(world, 'flagger', { v1: 50, v2: 50 })
  await settle(world)
  expect(weightsServed(world)).toEqual({ v1: 50, v2: 50 })
  expect(world.drift).toEqual([])
})

it('puts back weights beyond the bounds, which no proxy is told of', async () => {
  const world = await aWorld()
  await setWeights(world, 'flagger', { v1: 40, v2: 60 })
  while ((await weightsIn(world))['v2'] === 60) {
    expect(weightsServed(world)).toEqual({ v1: 90, v2: 10 })
    await turn(world)
  }
  await reported(world, 1)
  expect(world.drift).toMatchObject([
    {
      ...{ managers: ['flagger'], fields: ['.spec.backends'], action: 'restored' },
      delegation: 'v2 has 60 % of the weight, and its bounds are 0..50 %',
      effect: { note: expect.stringContaining('[PLB0528]') },
    },
  ])
  expect(await weightsIn(world)).toEqual({ v1: 90, v2: 10 })
  expect(weightsServed(world)).toEqual({ v1: 90, v2: 10 })
})

it('puts back weights that somebody else sets, within the bounds or not', async () => {
  const world = await aWorld()
  await setWeights(world, 'flagger', { v1: 70, v2: 30 })
  await settle(world)
  await setWeights(world, 'kubectl-edit', { v1: 60, v2: 40 })
  await settle(world)
  expect(world.drift).toMatchObject([
    {
      managers: ['kubectl-edit'],
      delegation: 'its weights were set by kubectl-edit, and the commit hands them to flagger',
      effect: {
        traffic: [
          'TrafficSplit bookstore/bookstore moves from v1 90 %, v2 10 % of bookstore/bookstore to v1 60 %, v2 40 % of bookstore/bookstore',
        ],
      },
    },
  ])
  expect(await weightsIn(world)).toEqual({ v1: 90, v2: 10 })
  expect(weightsServed(world)).toEqual({ v1: 90, v2: 10 })
  await setWeights(world, 'flagger', { v1: 80, v2: 20 })
  await settle(world)
  expect(weightsServed(world)).toEqual({ v1: 80, v2: 20 })
})

it.each([
  ['another backend', { v1: 70, v3: 30 }, 'bookstore/v1, bookstore/v3'],
  ['one backend fewer', { v1: 70 }, 'bookstore/v1, and'],
  ['a fraction', { v1: 70.5, v2: 29.5 }, 'the weight of v1 is 70.5'],
  ['no weight at all', { v1: 0, v2: 0 }, 'every weight of it is 0'],
])('puts back %s, though the controller wrote it', async (_, weights, reason) => {
  const world = await aWorld()
  await setWeights(world, 'flagger', weights as Readonly<Record<string, number>>)
  await reported(world, 1)
  expect(world.drift[0]?.delegation).toContain(reason)
  expect(await weightsIn(world)).toEqual({ v1: 90, v2: 10 })
})

it('puts back every other field that the controller touches, and keeps its weights', async () => {
  const world = await aWorld()
  await setWeights(world, 'flagger', { v1: 70, v2: 30 })
  await settle(world)
  const live = await splitIn(world)
  const spec = { ...(live['spec'] as object), service: 'elsewhere' }
  await world.cluster.update({ ...live, spec }, { fieldManager: 'flagger' })
  await reported(world, 1)
  expect(world.drift).toMatchObject([{ managers: ['flagger'], fields: ['.spec.service'] }])
  expect(world.drift[0]).not.toHaveProperty('delegation')
  expect((await splitIn(world))['spec']).toMatchObject({ service: 'bookstore' })
  expect(await weightsIn(world)).toEqual({ v1: 70, v2: 30 })
})

it('begins anew where somebody touches the note of what the controller began from', async () => {
  const world = await aWorld()
  await setWeights(world, 'flagger', { v1: 70, v2: 30 })
  await settle(world)
  const live = await splitIn(world)
  const annotations = {
    ...live.metadata.annotations,
    'plumbline.dev/declared-weights': 'v1=1,v2=1',
  }
  await world.cluster.update(
    { ...live, metadata: { ...live.metadata, annotations } },
    { fieldManager: 'kubectl-annotate' },
  )
  await reported(world, 1)
  expect(world.drift).toMatchObject([
    {
      managers: ['flagger', 'kubectl-annotate'],
      delegation: expect.stringContaining('is "v1=1,v2=1", and the commit declares v1=9,v2=1'),
    },
  ])
  expect(await weightsIn(world)).toEqual({ v1: 90, v2: 10 })
  expect((await splitIn(world)).metadata.annotations).toMatchObject({
    'plumbline.dev/declared-weights': 'v1=9,v2=1',
  })
  await setWeights(world, 'flagger', { v1: 80, v2: 20 })
  await settle(world)
  expect(weightsServed(world)).toEqual({ v1: 80, v2: 20 })
})

it('takes over with a commit that declares other weights, and lets the controller go on from there', async () => {
  const world = await aWorld()
  await setWeights(world, 'flagger', { v1: 70, v2: 30 })
  await settle(world)
  world.git.commit(splitFile({ weights: [95, 5] }))
  await world.pass()
  await settle(world)
  expect(await weightsIn(world)).toEqual({ v1: 95, v2: 5 })
  expect(weightsServed(world)).toEqual({ v1: 95, v2: 5 })
  await setWeights(world, 'flagger', { v1: 85, v2: 15 })
  await settle(world)
  expect(weightsServed(world)).toEqual({ v1: 85, v2: 15 })
  expect(world.drift).toEqual([])
})

it('leaves the controller its weights with a commit that declares the same ones in other numbers', async () => {
  const world = await aWorld()
  await setWeights(world, 'flagger', { v1: 70, v2: 30 })
  await settle(world)
  world.git.commit(splitFile({ weights: [9, 1], bounds: 'v2=0..40' }))
  await world.pass()
  await settle(world)
  expect(await weightsIn(world)).toEqual({ v1: 70, v2: 30 })
  expect(weightsServed(world)).toEqual({ v1: 70, v2: 30 })
})

it('takes over where a commit tightens the bounds below what the controller has set', async () => {
  const world = await aWorld()
  await setWeights(world, 'flagger', { v1: 70, v2: 30 })
  await settle(world)
  world.git.commit(splitFile({ bounds: 'v2=0..20' }))
  await world.pass()
  await settle(world)
  expect(await weightsIn(world)).toEqual({ v1: 90, v2: 10 })
  expect(weightsServed(world)).toEqual({ v1: 90, v2: 10 })
})

it('takes over from a controller that no commit names any more', async () => {
  const world = await aWorld()
  await setWeights(world, 'flagger', { v1: 70, v2: 30 })
  await settle(world)
  world.git.commit(splitFile({ manager: 'argo-rollouts' }))
  await world.pass()
  await settle(world)
  expect(await weightsIn(world)).toEqual({ v1: 90, v2: 10 })
})

it('begins from the declared weights where somebody deletes the split', async () => {
  const world = await aWorld()
  await setWeights(world, 'flagger', { v1: 70, v2: 30 })
  await settle(world)
  await world.cluster.delete(SPLIT)
  await reported(world, 1)
  expect(world.drift).toMatchObject([{ action: 'recreated', fields: [] }])
  expect(await weightsIn(world)).toEqual({ v1: 90, v2: 10 })
})

it('knows the weights before it serves anything after a restart', async () => {
  const world = await aWorld()
  await setWeights(world, 'flagger', { v1: 70, v2: 30 })
  await settle(world)
  const restarted = afterRestart(world)
  const first: Readonly<Record<string, number>>[] = []
  restarted.onServed = () => first.push(weightsServed(restarted))
  await restarted.restore()
  expect(first).toEqual([{ v1: 70, v2: 30 }])
  restarted.watchDrift()
  await restarted.pass()
  await settle(restarted)
  expect(await weightsIn(restarted)).toEqual({ v1: 70, v2: 30 })
  expect(restarted.drift).toEqual([])
})

it('reports weights beyond the bounds where it is told to leave drift, and tells no proxy of them', async () => {
  const world = await aWorld('report')
  await setWeights(world, 'flagger', { v1: 40, v2: 60 })
  await reported(world, 1)
  expect(world.drift).toMatchObject([{ action: 'reported', managers: ['flagger'] }])
  expect(await weightsIn(world)).toEqual({ v1: 40, v2: 60 })
  expect(weightsServed(world)).toEqual({ v1: 90, v2: 10 })
})

it('takes nothing back that the controller writes between the reading of its split and the dry run', async () => {
  const git = new MemoryGit()
  const clock = new FakeClock()
  const cluster = new RecordingCluster(await anEmbeddedCluster({ clock }))
  const world = new ReconcilerWorld(git, cluster, clock)
  git.commit(splitFile())
  await world.pass()
  await settle(world)
  git.commit(splitFile({ bounds: 'v2=0..40' }))
  let moved = 0
  cluster.before = async (call) => {
    if (call !== 'dry run TrafficSplit bookstore/bookstore' || moved === 1) return
    moved += 1
    await setWeights(world, 'flagger', { v1: 70, v2: 30 })
  }
  expect(await world.pass()).toMatchObject({ type: 'synced' })
  expect(moved).toBe(1)
  expect(await weightsIn(world)).toEqual({ v1: 70, v2: 30 })
  const { annotations } = (await splitIn(world)).metadata
  expect(annotations?.['plumbline.dev/weight-bounds']).toBe('v2=0..40')
})

it('advises whoever fights over the bounds to keep or to widen them', async () => {
  const world = await aWorld()
  for (let round = 1; round <= 6; round++) {
    await setWeights(world, 'flagger', { v1: 40, v2: 60 })
    await reported(world, round)
  }
  expect(world.drift.map(({ isFight }) => isFight)).toEqual([...Array(5).fill(false), true])
  expect(world.drift.at(-1)?.advice).toBe(
    'stop flagger, or take the object out of the repository; or have the commit hand over what is wanted: v2 has 60 % of the weight, and its bounds are 0..50 %',
  )
})

it('hands the same mesh on while no weight moves', async () => {
  const world = await aWorld()
  const { intent, live } = world
  if (intent === undefined) throw new Error('nothing is served')
  expect(delegatesWeights(intent)).toBe(true)
  const mesh = () => withLiveWeights(intent, (id) => live.get(id))
  expect(mesh()).toBe(intent)
  await setWeights(world, 'flagger', { v1: 70, v2: 30 })
  await settle(world)
  const moved = mesh()
  expect(moved).not.toBe(intent)
  expect(mesh()).toBe(moved)
  await world.cluster.update(
    {
      ...(await splitIn(world)),
      metadata: {
        ...(await splitIn(world)).metadata,
        labels: { a: 'b', 'plumbline.dev/repository': 'policies' },
      },
    },
    { fieldManager: 'somebody' },
  )
  await settle(world)
  expect(mesh()).toBe(moved)
})
