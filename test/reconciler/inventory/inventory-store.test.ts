/** The inventory in the cluster: small writes, no shard too large, and nothing lost to a crash or a meddler. */
import { expect, it } from 'vitest'
import { toObjectKey } from '../../../src/model/object-id.ts'
import type { Cluster } from '../../../src/reconciler/cluster.ts'
import {
  EMPTY_INVENTORY,
  type Inventory,
  type InventoryEntry,
} from '../../../src/reconciler/inventory/inventory.ts'
import { InventoryStore } from '../../../src/reconciler/inventory/inventory-store.ts'
import { CONFIG_MAP, idOf } from '../../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../../support/embedded-cluster.ts'
import { FaultyCluster } from '../../support/faulty-cluster.ts'
import { aCommit } from '../../support/plan-world.ts'
import { aTrafficTarget } from '../../support/policy-objects.ts'
import { RecordingCluster } from '../../support/recording-cluster.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

function aStore(cluster: Cluster, log = new RecordingLogger()): InventoryStore {
  return new InventoryStore({ cluster, namespace: 'default', repository: 'policies', log })
}

function anEntry(name: string, resourceVersion = '7'): InventoryEntry {
  const id = idOf(aTrafficTarget(name))
  return { id, applied: { uid: `uid-${name}`, hash: 'f'.repeat(32), resourceVersion } }
}

function anInventory(entries: readonly InventoryEntry[]): Inventory {
  const pairs = entries.map((entry) => [toObjectKey(entry.id), entry] as const)
  return { accepted: aCommit('b'), applied: aCommit('a'), entries: new Map(pairs) }
}

function many(count: number): readonly InventoryEntry[] {
  return Array.from({ length: count }, (_, i) => anEntry(`t${i}`))
}

async function mapsIn(cluster: Cluster): Promise<ReadonlyMap<string, string>> {
  const { items } = await cluster.list(CONFIG_MAP)
  return new Map(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion ?? '']))
}

it('is empty before the first save, and afterwards what was saved', async () => {
  const cluster = await anEmbeddedCluster()
  expect(await aStore(cluster).load()).toEqual(EMPTY_INVENTORY)
  const intended: InventoryEntry = { id: idOf(aTrafficTarget('intended')) }
  const inventory = anInventory([anEntry('one'), intended])
  const store = aStore(cluster)
  await store.load()
  await store.save(inventory)
  expect(await aStore(cluster).load()).toEqual(inventory)
})

it('is never taken for empty when the cluster cannot answer', async () => {
  const cluster = await anEmbeddedCluster()
  await cluster.close()
  await expect(aStore(cluster).load()).rejects.toMatchObject({ code: 'Unavailable' })
})

it('splits before a shard outgrows half a mebibyte, and then writes only the shards that change', async () => {
  const cluster = await anEmbeddedCluster()
  const store = aStore(cluster)
  await store.load()
  await store.save(anInventory(many(10)))
  const grown = anInventory(many(6_000))
  await store.save(grown)
  const before = await mapsIn(cluster)
  expect([...before.keys()].sort()).toEqual([
    'plumbline-inventory-policies',
    ...[0, 1].map((i) => `plumbline-inventory-policies.2.${i}`),
  ])
  expect(await aStore(cluster).load()).toEqual(grown)
  const entries = new Map(grown.entries)
  const moved = anEntry('t1', '8')
  entries.set(toObjectKey(moved.id), moved)
  await store.save({ ...grown, entries })
  const after = await mapsIn(cluster)
  expect([...after].filter(([name, version]) => before.get(name) !== version)).toHaveLength(1)
})

it('is the old one or the new one wherever a change of layout stops', async () => {
  const [small, large] = [anInventory(many(10)), anInventory(many(6_000))]
  for (let failAt = 0, hasFailed = true; hasFailed; failAt++) {
    const cluster = await anEmbeddedCluster()
    const first = aStore(cluster)
    await first.load()
    await first.save(small)
    const faulty = new FaultyCluster(cluster, { failAt, isDone: true, isOnce: false })
    const store = aStore(faulty)
    await store.load()
    await store.save(large).catch(() => undefined)
    hasFailed = faulty.writes > failAt
    const found = (await aStore(cluster).load()).entries.size
    expect([10, 6_000]).toContain(found)
    const next = aStore(cluster)
    await next.load()
    await next.save(large)
    expect([...(await mapsIn(cluster)).keys()]).toHaveLength(3)
    await cluster.close()
  }
})

it('refuses to write over what somebody else wrote meanwhile', async () => {
  const cluster = await anEmbeddedCluster()
  const [ours, theirs] = [aStore(cluster), aStore(cluster)]
  await ours.load()
  await theirs.load()
  await theirs.save(anInventory([anEntry('one')]))
  await expect(ours.save(anInventory([anEntry('two')]))).rejects.toMatchObject({
    code: 'AlreadyExists',
  })
  await ours.load()
  await theirs.save(anInventory([anEntry('three')]))
  await expect(ours.save(anInventory([anEntry('two')]))).rejects.toMatchObject({ code: 'Conflict' })
})

it('keeps what it still knows, and says so, when a shard is damaged', async () => {
  const cluster = await anEmbeddedCluster()
  const log = new RecordingLogger()
  const store = aStore(cluster)
  await store.load()
  await store.save(anInventory(many(3)))
  const id = { ...CONFIG_MAP, namespace: 'default', name: 'plumbline-inventory-policies.1.0' }
  const shard = await cluster.get(id)
  await cluster.update(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: shard?.metadata ?? { name: '' },
      data: { entries: '{"not":"ours"}' },
    },
    { fieldManager: 'kubectl-edit' },
  )
  const { accepted, entries } = await aStore(cluster, log).load()
  expect([accepted, entries.size]).toEqual([aCommit('b'), 0])
  expect(log.sentences).toEqual([
    'warn: the inventory was lost or damaged and is rebuilt from the marks on objects',
  ])
})

it('takes away an earlier layout only as it was read', async () => {
  const cluster = new RecordingCluster(await anEmbeddedCluster())
  const store = aStore(cluster)
  await store.load()
  await store.save(anInventory(many(10)))
  const old = { ...CONFIG_MAP, namespace: 'default', name: 'plumbline-inventory-policies.1.0' }
  cluster.before = async (call) => {
    if (!call.startsWith('delete')) return
    const shard = await cluster.get(old)
    if (shard !== undefined)
      await cluster.update({ ...shard, data: { entries: '' } }, { fieldManager: 'a-successor' })
  }
  await expect(store.save(anInventory(many(6_000)))).rejects.toMatchObject({ code: 'Conflict' })
  expect((await cluster.get(old))?.['data']).toEqual({ entries: '' })
})
