/** The inventory follows the cluster through every failure, and is never told half. */
import { expect, it, onTestFinished } from 'vitest'
import type { ClusterInventory } from '../../src/model/cluster-inventory.ts'
import { type Cluster, ClusterError } from '../../src/reconciler/cluster.ts'
import { ClusterInventoryWatch } from '../../src/reconciler/cluster-inventory-watch.ts'
import { aNamespace, aService, idOf } from '../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { ScriptedCluster } from '../support/scripted-cluster.ts'
import { SeededEntropy } from '../support/seeded-entropy.ts'

const asTest = { fieldManager: 'test' }
const unavailable = new ClusterError('Unavailable', 'the connection was lost')
const expired = new ClusterError('Expired', 'list again')

class Watched {
  readonly cluster: ScriptedCluster
  readonly clock = new FakeClock()
  readonly log = new RecordingLogger()
  readonly seen: ClusterInventory[] = []
  onChange: (inventory: ClusterInventory) => void = () => undefined

  constructor(cluster: Cluster) {
    this.cluster = new ScriptedCluster(cluster)
  }

  start(): ClusterInventoryWatch {
    const { cluster, clock, log } = this
    const watch = new ClusterInventoryWatch({
      ...{ cluster, clock, log, entropy: new SeededEntropy() },
      onChange: (inventory) => {
        this.seen.push(inventory)
        this.onChange(inventory)
      },
    })
    onTestFinished(async () => await watch.close())
    return watch
  }

  /** Namespaces of the newest inventory. */
  get namespaces(): readonly string[] {
    return [...(this.seen.at(-1)?.namespaces ?? [])].sort()
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  }
}

async function aWatched(): Promise<Watched> {
  return new Watched(await anEmbeddedCluster())
}

it('hands on the first inventory when every kind is known, and then each change', async () => {
  const watched = await aWatched()
  await watched.cluster.create(aService('bookstore', [{ name: 'http', port: 80 }]), asTest)
  const watch = watched.start()
  await watch.synced
  expect(watched.seen).toHaveLength(1)
  expect([...(watch.current?.services.keys() ?? [])]).toEqual(['default/bookstore'])
  await watched.cluster.create(aNamespace('bookstore'), asTest)
  await watched.settle()
  expect(watched.namespaces).toEqual(['bookstore', 'default'])
  expect(watched.seen[1]?.services).toBe(watched.seen[0]?.services)
})

it('hands on nothing while one kind is unknown', async () => {
  const watched = await aWatched()
  watched.cluster.failLists(unavailable)
  watched.start()
  await watched.settle()
  expect(watched.seen).toEqual([])
  await watched.clock.advance(100)
  await watched.settle()
  expect(watched.seen).toHaveLength(1)
})

it('hands on changes that come together once', async () => {
  const watched = await aWatched()
  const watch = watched.start()
  await watch.synced
  await Promise.all(['a', 'b', 'c'].map((name) => watched.cluster.create(aNamespace(name), asTest)))
  await watched.settle()
  expect(watched.seen).toHaveLength(2)
})

it('goes on where it was after a watch was cut, without listing', async () => {
  const watched = await aWatched()
  const watch = watched.start()
  await watch.synced
  const { lists } = watched.cluster
  watched.cluster.cutWatches(unavailable)
  await watched.settle()
  await watched.cluster.create(aNamespace('during'), asTest)
  await watched.clock.advance(100)
  await watched.settle()
  expect(watched.namespaces).toEqual(['default', 'during'])
  expect(watched.cluster.lists).toBe(lists)
  expect(watched.log.sentences).toContain('warn: a watch failed and is taken up again')
})

it('lists again when a watch has expired, and takes out what went meanwhile', async () => {
  const watched = await aWatched()
  await watched.cluster.create(aNamespace('going'), asTest)
  const watch = watched.start()
  await watch.synced
  watched.cluster.cutWatches(expired)
  await watched.settle()
  await watched.cluster.delete(idOf(aNamespace('going')))
  await watched.cluster.create(aNamespace('coming'), asTest)
  await watched.clock.advance(100)
  await watched.settle()
  expect(watched.namespaces).toEqual(['coming', 'default'])
})

it('waits longer and longer when every list says expired', async () => {
  const watched = await aWatched()
  const watch = watched.start()
  await watch.synced
  const { lists } = watched.cluster
  watched.cluster.failLists(...Array.from({ length: 400 }, () => expired))
  watched.cluster.cutWatches(expired)
  await watched.settle()
  await watched.clock.advance(60_000)
  // Four kinds, each from about 0.1 s doubling to 30 s.
  expect(watched.cluster.lists - lists).toBeLessThan(4 * 14)
  expect(watched.cluster.lists - lists).toBeGreaterThan(4 * 5)
})

it('outlives a receiver that throws', async () => {
  const watched = await aWatched()
  const watch = watched.start()
  await watch.synced
  watched.onChange = () => {
    throw new Error('receiver')
  }
  await watched.cluster.create(aNamespace('a'), asTest)
  await watched.settle()
  watched.onChange = () => undefined
  await watched.cluster.create(aNamespace('b'), asTest)
  await watched.settle()
  expect(watched.namespaces).toEqual(['a', 'b', 'default'])
  expect(watched.log.sentences).toEqual(['error: whoever follows the inventory threw'])
})

it('waits as long as the cluster asks', async () => {
  const watched = await aWatched()
  watched.cluster.failLists(
    new ClusterError('TooManyRequests', 'slow down', { retryAfterMs: 7_000 }),
  )
  watched.start()
  await watched.settle()
  await watched.clock.advance(6_900)
  expect(watched.seen).toEqual([])
  await watched.clock.advance(200)
  await watched.settle()
  expect(watched.seen).toHaveLength(1)
})
