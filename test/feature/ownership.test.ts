/** What a repository owns, from commit to cluster: nothing of it is forgotten, taken, or deleted on the way to somebody else. */
import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { toApplySet } from '../../src/reconciler/inventory/apply-set.ts'
import { InventoryStore, inventoryHeadId } from '../../src/reconciler/inventory/inventory-store.ts'
import { repositoryOf } from '../../src/reconciler/owner-mark.ts'
import type { Ownership } from '../../src/reconciler/ownership.ts'
import { idOf } from '../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { MemoryGit } from '../support/memory-git.ts'
import { aRouteGroup, aTrafficTarget } from '../support/policy-objects.ts'
import { BOOKSTORE_FILES, grantFile, NAMESPACE_FILE, ROUTES_FILE } from '../support/policy-yaml.ts'
import { ReconcilerWorld } from '../support/reconciler-world.ts'
import { RecordingCluster } from '../support/recording-cluster.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

const BUYER = idOf(aTrafficTarget('bookbuyer'))
const ROUTES = idOf(aRouteGroup('routes'))
const WITHOUT_GRANTS = { ...NAMESPACE_FILE, ...ROUTES_FILE }

async function aWorld(): Promise<{
  readonly world: ReconcilerWorld
  readonly cluster: RecordingCluster
  readonly restart: () => ReconcilerWorld
}> {
  const clock = new FakeClock()
  const cluster = new RecordingCluster(await anEmbeddedCluster({ clock }))
  const git = new MemoryGit()
  const start = () => new ReconcilerWorld(git, cluster, clock)
  return { world: start(), cluster, restart: start }
}

function aStore(cluster: RecordingCluster): InventoryStore {
  const log = new RecordingLogger()
  return new InventoryStore({ cluster, namespace: 'default', repository: 'policies', log })
}

async function trackedGrants(cluster: RecordingCluster): Promise<readonly string[]> {
  const { entries } = await aStore(cluster).load()
  return [...entries.values()].flatMap(({ id }) => (id.kind === 'TrafficTarget' ? [id.name] : []))
}

/** As if the control plane that made the object had not been the one to write any more. */
async function loseTrackOf(cluster: RecordingCluster, name: string): Promise<void> {
  const store = aStore(cluster)
  const { entries, ...inventory } = await store.load()
  const left = [...entries].filter(([, { id }]) => id.name !== name)
  await store.save({ ...inventory, entries: new Map(left) })
}

describe('an object that left the repository while nobody watched', () => {
  it('goes by one delete, though no document of its kind is left', async () => {
    const { world, cluster, restart } = await aWorld()
    world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    world.git.commit(WITHOUT_GRANTS)
    cluster.calls = []
    expect((await restart().pass()).type).toBe('synced')
    expect(cluster.calls.filter((call) => /(get|delete) TrafficTarget/.test(call))).toEqual([
      'delete TrafficTarget bookstore/bookbuyer',
    ])
  })

  it('is found and pruned even where no inventory names it, and named there before it goes', async () => {
    const { world, cluster, restart } = await aWorld()
    world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('bookthief') })
    await world.pass()
    await loseTrackOf(cluster, 'bookthief')
    world.git.commit(BOOKSTORE_FILES)
    let tracked: readonly string[] = []
    cluster.before = async (call) => {
      if (call.startsWith('delete TrafficTarget')) tracked = await trackedGrants(cluster)
    }
    expect((await restart().pass()).type).toBe('synced')
    expect(tracked).toContain('bookthief')
    expect(await cluster.get(idOf(aTrafficTarget('bookthief')))).toBeUndefined()
    expect(await trackedGrants(cluster)).toEqual(['bookbuyer'])
  })

  it('keeps the pass waiting while a finalizer holds it, by name', async () => {
    const { world, cluster } = await aWorld()
    world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    const asOther = { fieldManager: 'someone', force: true, dryRun: false }
    const { apiVersion, kind, metadata } = aTrafficTarget('bookbuyer')
    const hold = { ...metadata, finalizers: ['example.com/hold'] }
    await cluster.apply({ apiVersion, kind, metadata: hold }, asOther)
    const commit = world.git.commit(WITHOUT_GRANTS)
    for (const _pass of ['the one that deletes', 'the one after'])
      expect(await world.pass()).toMatchObject({
        type: 'waiting',
        commit,
        reason:
          '1 object still to go; TrafficTarget bookstore/bookbuyer: it is being deleted, and waits for whoever set its finalizer example.com/hold',
      })
    await cluster.apply({ apiVersion, kind, metadata }, asOther)
    expect(await cluster.get(BUYER)).toBeUndefined()
    expect(await world.pass()).toEqual({ type: 'synced', commit })
    expect(await trackedGrants(cluster)).toEqual([])
  })
})

describe('a lost inventory', () => {
  it('is rebuilt from the kinds that a commit can have, and nothing else is listed', async () => {
    const { world, cluster, restart } = await aWorld()
    world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    const { items } = await cluster.list({ group: '', version: 'v1', kind: 'ConfigMap' })
    for (const item of items) await cluster.delete(idOf(item))
    cluster.calls = []
    expect((await restart().pass()).type).toBe('synced')
    const kinds = new Set(
      cluster.calls.flatMap((call) => /^list (\w+) (?!default\/)/.exec(call)?.[1] ?? []),
    )
    expect([...kinds].sort()).toEqual([
      ...['Egress', 'ExtensionService', 'HTTPRouteGroup', 'IngressBackend', 'MeshConfig'],
      ...['MeshPolicy', 'MeshRootCertificate', 'Namespace', 'Retry', 'TCPRoute', 'Telemetry'],
      ...['TrafficSplit', 'TrafficTarget', 'UpstreamTrafficSetting'],
    ])
    expect(await trackedGrants(cluster)).toEqual(['bookbuyer'])
  })
})

describe('an ApplySet', () => {
  it('has every object of the commit but the namespaces, also those that were there before there was one', async () => {
    const { world, cluster } = await aWorld()
    world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    const { id } = toApplySet(inventoryHeadId('default', 'policies'))
    const member = { labels: { 'applyset.kubernetes.io/part-of': id } }
    expect((await cluster.get(BUYER))?.metadata).toMatchObject(member)
    const namespace = await cluster.get({ ...idOf(namespaceOf('bookstore')) })
    expect(JSON.stringify(namespace?.metadata.labels)).not.toContain('applyset')
  })
})

describe('two repositories', () => {
  it('hand an object over without deleting it, once both of their commits are known', async () => {
    const clock = new FakeClock()
    const cluster = await anEmbeddedCluster({ clock })
    const worlds: Record<string, ReconcilerWorld> = {}
    const ownership: Ownership = {
      claim: (name, id) => worlds[name]?.reconciler.wants(id) ?? 'gone',
      claimant: (id, except) =>
        Object.keys(worlds).find(
          (name) => name !== except && worlds[name]?.reconciler.wants(id) === 'wanted',
        ),
    }
    const start = (repository: string) => {
      const world = new ReconcilerWorld(new MemoryGit(), cluster, clock, { repository, ownership })
      worlds[repository] = world
      return world
    }
    const [a, b] = [start('a'), start('b')]
    a.git.commit(WITHOUT_GRANTS)
    await a.pass()
    const { uid } = (await cluster.get(ROUTES))?.metadata ?? {}
    b.git.commit(ROUTES_FILE)
    expect(await b.pass()).toMatchObject({
      type: 'waiting',
      reason: expect.stringContaining(
        'it belongs to the repository a; take it out of one of the two',
      ),
    })
    const commit = a.git.commit(NAMESPACE_FILE)
    expect(await a.pass()).toEqual({ type: 'synced', commit })
    expect((await b.pass()).type).toBe('synced')
    const moved = await cluster.get(ROUTES)
    expect(moved?.metadata.uid).toBe(uid)
    expect(moved && repositoryOf(moved)).toBe('b')
  })
})

function namespaceOf(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}
