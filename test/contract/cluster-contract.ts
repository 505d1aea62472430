/** What every adapter of the cluster port promises (src/reconciler/cluster.ts), whatever is behind it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import {
  type ApplyOptions,
  type Cluster,
  NOT_STORED,
  type WatchEvent,
} from '../../src/reconciler/cluster.ts'
import {
  aConfigMap,
  aNamespace,
  aService,
  aSplit,
  CONFIG_MAP,
  idOf,
  NAMESPACE,
  SERVICE,
  SPLIT,
} from '../support/cluster-objects.ts'

export interface ClusterUnderTest {
  readonly cluster: Cluster
  /** An existing, empty namespace. */
  readonly namespace: string
  /** The same cluster, as if so many changes had happened that early watches have expired. */
  readonly outliveHistory?: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface SkippedPromise {
  /** The name of the test. */
  readonly name: string
  readonly reason: string
}

/** Runs the suite; `skip` lists, by test name, the promises an adapter does not keep, and why. */
export function clusterContract(
  name: string,
  makeCluster: () => Promise<ClusterUnderTest>,
  options: { readonly skip?: readonly SkippedPromise[] } = {},
): void {
  const skips = new Map((options.skip ?? []).map((skip) => [skip.name, skip.reason]))
  describe(`cluster contract: ${name}`, () => {
    let under: ClusterUnderTest
    beforeEach(async () => {
      under = await makeCluster()
    })
    afterEach(async () => {
      await under.close()
    })
    for (const [promise, keeps] of PROMISES) {
      const reason = skips.get(promise)
      const title = reason === undefined ? promise : `${promise} (skipped: ${reason})`
      it.skipIf(reason !== undefined)(title, async () => await keeps(under))
    }
    it('skips only promises that exist', () => {
      const known = PROMISES.map(([promise]) => promise)
      expect([...skips.keys()].filter((skip) => !known.includes(skip))).toEqual([])
    })
  })
}

type Keeps = (under: ClusterUnderTest) => Promise<void>

const asGit: ApplyOptions = { fieldManager: 'git', force: false, dryRun: false }
const asKubectl: ApplyOptions = { fieldManager: 'kubectl', force: false, dryRun: false }

/** Metadata without what two adapters need not agree on. */
function plain(object: KubernetesObject | undefined): unknown {
  if (object === undefined) return undefined
  const { name, namespace, labels, annotations } = object.metadata
  return { ...object, metadata: { name, namespace, labels, annotations } }
}

/** The object, to be written over that one and no other. */
function at(
  object: KubernetesObject,
  preconditions: { readonly uid?: string; readonly resourceVersion?: string },
): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, ...preconditions } }
}

function managersOf(object: KubernetesObject | undefined): readonly string[] {
  return (object?.metadata.managedFields ?? [])
    .map((entry) => `${entry.manager} ${entry.operation}`)
    .sort()
}

async function code(action: Promise<unknown>): Promise<string> {
  return await action.then(
    () => 'no error',
    (error: unknown) => (error as { readonly code?: string }).code ?? String(error),
  )
}

/** The first `count` events but bookmarks, as `type name`. */
async function follow(
  events: AsyncIterable<WatchEvent>,
  count: number,
): Promise<readonly WatchEvent[]> {
  const seen: WatchEvent[] = []
  for await (const event of events) {
    if (event.type === 'bookmark') continue
    seen.push(event)
    if (seen.length === count) break
  }
  return seen
}

function printEvent(event: WatchEvent): string {
  return event.type === 'bookmark' ? 'bookmark' : `${event.type} ${event.object.metadata.name}`
}

const limit = () => AbortSignal.timeout(10_000)

const READS: readonly (readonly [string, Keeps])[] = [
  [
    'reads back what was applied, and undefined for what is not there',
    async ({ cluster, namespace }) => {
      const split = aSplit('s', { v1: 50, v2: 50 }, { namespace, labels: { app: 'bookstore' } })
      const applied = await cluster.apply(split, asGit)
      expect(await cluster.get(idOf(split))).toEqual(applied)
      expect(plain(applied)).toEqual({
        ...split,
        metadata: { ...split.metadata, annotations: undefined },
      })
      expect(await cluster.get({ ...idOf(split), name: 'other' })).toBeUndefined()
    },
  ],
  [
    'gives a new object a uid, a creation time and generation 1',
    async ({ cluster, namespace }) => {
      const { metadata } = await cluster.apply(aSplit('s', {}, { namespace }), asGit)
      expect(metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
      expect(metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      expect(metadata.generation).toBe(1)
    },
  ],
  [
    'lists by kind, by namespace and by label',
    async ({ cluster, namespace }) => {
      await cluster.apply(aNamespace(`${namespace}-2`), asGit)
      const red = { namespace, labels: { colour: 'red', app: 'a' } }
      await cluster.apply(aSplit('a', {}, red), asGit)
      await cluster.apply(aSplit('b', {}, { namespace, labels: { colour: 'blue' } }), asGit)
      await cluster.apply(aSplit('c', {}, { ...red, namespace: `${namespace}-2` }), asGit)
      const names = async (options: Parameters<Cluster['list']>[1]) =>
        (await cluster.list(SPLIT, options)).items.map((item) => item.metadata.name).sort()
      expect(await names({})).toEqual(['a', 'b', 'c'])
      expect(await names({ namespace })).toEqual(['a', 'b'])
      expect(await names({ labels: { colour: 'red' } })).toEqual(['a', 'c'])
      expect(await names({ namespace, labels: { colour: 'red', app: 'b' } })).toEqual([])
      await cluster.delete(idOf(aNamespace(`${namespace}-2`)))
    },
  ],
  [
    'says which kind and version it does not serve',
    async ({ cluster, namespace }) => {
      const unknown = { group: 'plumbline.dev', version: 'v1alpha1', kind: 'Unheard' }
      expect(await code(cluster.list(unknown))).toBe('KindNotServed')
      expect(await code(cluster.get({ ...unknown, namespace, name: 'x' }))).toBe('KindNotServed')
      expect(await code(cluster.list({ ...SPLIT, version: 'v9' }))).toBe('KindNotServed')
    },
  ],
]

const WRITES: readonly (readonly [string, Keeps])[] = [
  [
    'gives every write a larger resourceVersion',
    async ({ cluster, namespace }) => {
      const first = await cluster.apply(aSplit('s', { v1: 1 }, { namespace }), asGit)
      const second = await cluster.apply(aSplit('s', { v1: 2 }, { namespace }), asGit)
      const other = await cluster.apply(aSplit('t', { v1: 1 }, { namespace }), asGit)
      const versions = [first, second, other].map(({ metadata }) =>
        Number(metadata.resourceVersion),
      )
      expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b))
    },
  ],
  [
    'counts a change of spec in generation, and a change of labels not',
    async ({ cluster, namespace }) => {
      await cluster.apply(aSplit('s', { v1: 1 }, { namespace }), asGit)
      const labelled = await cluster.apply(
        aSplit('s', { v1: 1 }, { namespace, labels: { a: 'b' } }),
        asGit,
      )
      expect(labelled.metadata.generation).toBe(1)
      const changed = await cluster.apply(aSplit('s', { v1: 2 }, { namespace }), asGit)
      expect(changed.metadata.generation).toBe(2)
    },
  ],
  [
    'applies twice as once: nothing is written the second time',
    async ({ cluster, namespace }) => {
      const split = aSplit('s', { v1: 1 }, { namespace, labels: { a: 'b' } })
      const first = await cluster.apply(split, asGit)
      expect(await cluster.apply(split, asGit)).toEqual(first)
    },
  ],
  [
    'answers a dry run with what a write would do, and changes nothing',
    async ({ cluster, namespace }) => {
      const dryRun: ApplyOptions = { ...asGit, dryRun: true }
      const absent = await cluster.apply(aSplit('s', { v1: 1 }, { namespace }), dryRun)
      expect(absent['spec']).toEqual({
        service: 'bookstore',
        backends: [{ service: 'v1', weight: 1 }],
      })
      expect(await cluster.get(idOf(aSplit('s', {}, { namespace })))).toBeUndefined()
      const stored = await cluster.apply(aSplit('s', { v1: 1 }, { namespace }), asGit)
      const would = await cluster.apply(aSplit('s', { v1: 2 }, { namespace }), dryRun)
      expect(would['spec']).toMatchObject({ backends: [{ service: 'v1', weight: 2 }] })
      expect(await cluster.get(idOf(stored))).toEqual(stored)
    },
  ],
  [
    'creates only what is not there',
    async ({ cluster, namespace }) => {
      const map = aConfigMap('m', { a: '1' }, { namespace })
      const created = await cluster.create(map, { fieldManager: 'someone' })
      expect(managersOf(created)).toEqual(['someone Update'])
      expect(await code(cluster.create(map, { fieldManager: 'other' }))).toBe('AlreadyExists')
      expect(await cluster.get(idOf(map))).toEqual(created)
    },
  ],
  [
    'updates the version the caller read, and no other',
    async ({ cluster, namespace }) => {
      const created = await cluster.create(aConfigMap('m', { a: '1' }, { namespace }), {
        fieldManager: 'x',
      })
      const updated = await cluster.update({ ...created, data: { a: '2' } }, { fieldManager: 'x' })
      expect(updated['data']).toEqual({ a: '2' })
      const stale = cluster.update({ ...created, data: { a: '3' } }, { fieldManager: 'x' })
      expect(await code(stale)).toBe('Conflict')
      const absent = aConfigMap('none', { a: '2' }, { namespace })
      expect(await code(cluster.update(absent, { fieldManager: 'x' }))).toBe('NotFound')
    },
  ],
  [
    'keeps status apart from the rest of a kind that has it as a subresource',
    async ({ cluster, namespace }) => {
      const service = aService('s', [{ name: 'http', port: 80 }], { namespace })
      const ingress = { ingress: [{ ip: '192.0.2.1' }] }
      const created = await cluster.create(service, { fieldManager: 'x' })
      const withStatus = { ...created, status: { loadBalancer: ingress } }
      const status = await cluster.update(withStatus, { fieldManager: 'x', subresource: 'status' })
      expect(status['status']).toMatchObject({ loadBalancer: ingress })
      expect(status['spec']).toEqual(created['spec'])
      const relabelled = await cluster.update(
        { ...status, metadata: { ...status.metadata, labels: { a: 'b' } }, status: {} },
        { fieldManager: 'x' },
      )
      expect(relabelled['status']).toMatchObject({ loadBalancer: ingress })
      expect(relabelled.metadata.labels).toEqual({ a: 'b' })
    },
  ],
  [
    'deletes, and says when there is nothing to delete',
    async ({ cluster, namespace }) => {
      const split = aSplit('s', {}, { namespace })
      await cluster.apply(split, asGit)
      await cluster.delete(idOf(split))
      expect(await cluster.get(idOf(split))).toBeUndefined()
      expect(await code(cluster.delete(idOf(split)))).toBe('NotFound')
    },
  ],
  [
    'spares a successor of the same name when deleting by uid',
    async ({ cluster, namespace }) => {
      const split = aSplit('s', {}, { namespace })
      const first = await cluster.apply(split, asGit)
      const uid = first.metadata.uid ?? ''
      await cluster.delete(idOf(split), { uid })
      const successor = await cluster.apply(split, asGit)
      expect(await code(cluster.delete(idOf(split), { uid }))).toBe('Conflict')
      expect(await cluster.get(idOf(split))).toEqual(successor)
    },
  ],
  [
    'deletes a version the caller read, and no other',
    async ({ cluster, namespace }) => {
      const split = aSplit('s', { v1: 1 }, { namespace })
      const { metadata } = await cluster.apply(split, asGit)
      const changed = await cluster.apply(aSplit('s', { v1: 2 }, { namespace }), asGit)
      const stale = { resourceVersion: metadata.resourceVersion ?? '' }
      expect(await code(cluster.delete(idOf(split), stale))).toBe('Conflict')
      await cluster.delete(idOf(split), { resourceVersion: changed.metadata.resourceVersion ?? '' })
      expect(await cluster.get(idOf(split))).toBeUndefined()
    },
  ],
  [
    'applies over the version the caller read and no other, in a dry run as well',
    async ({ cluster, namespace }) => {
      const first = await cluster.apply(aSplit('s', { v1: 1 }, { namespace }), asGit)
      const { uid = '', resourceVersion = '' } = first.metadata
      const next = aSplit('s', { v1: 3 }, { namespace })
      const dryRun: ApplyOptions = { ...asGit, dryRun: true }
      expect(await code(cluster.apply(at(next, { uid, resourceVersion }), dryRun))).toBe('no error')
      const second = await cluster.apply(aSplit('s', { v1: 2 }, { namespace }), asGit)
      for (const options of [dryRun, asGit]) {
        const stale = { ...options, force: true }
        expect(await code(cluster.apply(at(next, { uid, resourceVersion }), stale))).toBe(
          'Conflict',
        )
        // Not even where nothing would change.
        const same = aSplit('s', { v1: 2 }, { namespace })
        expect(await code(cluster.apply(at(same, { resourceVersion }), stale))).toBe('Conflict')
      }
      expect(await cluster.get(idOf(second))).toEqual(second)
      const fresh = { uid, resourceVersion: second.metadata.resourceVersion ?? '' }
      const third = await cluster.apply(at(next, fresh), asGit)
      expect(third['spec']).toMatchObject({ backends: [{ service: 'v1', weight: 3 }] })
    },
  ],
  [
    'does not make an object again that an apply by uid is for',
    async ({ cluster, namespace }) => {
      const split = aSplit('s', { v1: 1 }, { namespace })
      const { uid = '', resourceVersion = '' } = (await cluster.apply(split, asGit)).metadata
      await cluster.delete(idOf(split))
      expect(await code(cluster.apply(at(split, { uid, resourceVersion }), asGit))).toBe('Conflict')
      expect(await cluster.get(idOf(split))).toBeUndefined()
    },
  ],
  [
    'makes an object by an apply that is for a new one, and never touches one that is there',
    async ({ cluster, namespace }) => {
      const absent = { resourceVersion: NOT_STORED }
      for (const object of [
        aSplit('s', { v1: 1 }, { namespace }),
        aNamespace(`${namespace}-new`, { labels: { team: 'books' } }),
      ]) {
        const dryRun: ApplyOptions = { ...asGit, dryRun: true }
        expect(await code(cluster.apply(at(object, absent), dryRun))).toBe('no error')
        expect(await cluster.get(idOf(object))).toBeUndefined()
        const made = await cluster.apply(at(object, absent), asGit)
        expect(made.metadata.resourceVersion).not.toBe(NOT_STORED)
        expect(managersOf(made)).toContain('git Apply')
        const labelled = at(object, absent)
        for (const options of [dryRun, { ...asGit, force: true }])
          expect(await code(cluster.apply(labelled, options))).toBe('Conflict')
        expect((await cluster.get(idOf(object)))?.metadata.resourceVersion).toBe(
          made.metadata.resourceVersion,
        )
        await cluster.delete(idOf(object))
      }
    },
  ],
  [
    'keeps an object that has a finalizer after its delete, and lets it go with the last one',
    async ({ cluster, namespace }) => {
      const split = aSplit('s', { v1: 1 }, { namespace })
      const held = at(split, { finalizers: ['plumbline.dev/hold'] } as never)
      const { uid = '', resourceVersion = '' } = (await cluster.apply(held, asKubectl)).metadata
      await cluster.delete(idOf(split), { uid, resourceVersion })
      const going = await cluster.get(idOf(split))
      expect(going?.metadata.deletionTimestamp).toMatch(/^\d{4}-/)
      expect(going?.metadata.finalizers).toEqual(['plumbline.dev/hold'])
      const { finalizers: _, ...metadata } = going?.metadata ?? { name: '' }
      await cluster.update({ ...split, metadata }, { fieldManager: 'kubectl' })
      expect(await cluster.get(idOf(split))).toBeUndefined()
      await cluster.apply(held, asKubectl)
      await cluster.delete(idOf(split))
      await cluster.apply(split, asKubectl)
      expect(await cluster.get(idOf(split))).toBeUndefined()
    },
  ],
  [
    'refuses what is not a name, and a namespace that does not exist',
    async ({ cluster, namespace }) => {
      expect(await code(cluster.apply(aSplit('Not A Name', {}, { namespace }), asGit))).toBe(
        'Invalid',
      )
      expect(
        await code(cluster.apply(aSplit('s', {}, { namespace, labels: { a: 'b c' } }), asGit)),
      ).toBe('Invalid')
      expect(await code(cluster.apply(aSplit('s', {}, { namespace: 'nowhere' }), asGit))).toBe(
        'NotFound',
      )
    },
  ],
]

const OWNERSHIP: readonly (readonly [string, Keeps])[] = [
  [
    'refuses to change a field of another manager, naming the manager and the field, unless forced',
    async ({ cluster, namespace }) => {
      await cluster.apply(aSplit('s', { v1: 1 }, { namespace }), asGit)
      const theirs = aSplit('s', { v1: 2 }, { namespace })
      const refused = await cluster.apply(theirs, asKubectl).catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'Conflict' })
      expect(String(refused)).toContain('"git"')
      expect(String(refused)).toContain('.spec.backends')
      const forced = await cluster.apply(theirs, { ...asKubectl, force: true })
      expect(forced['spec']).toMatchObject({ backends: [{ service: 'v1', weight: 2 }] })
      // The old owner now owns only what it had and nobody took.
      expect(await code(cluster.apply(aSplit('s', { v1: 1 }, { namespace }), asGit))).toBe(
        'Conflict',
      )
    },
  ],
  [
    'shares a field that two managers apply with the same value, and keeps it until both let go',
    async ({ cluster, namespace }) => {
      const both = aConfigMap('m', { shared: '1' }, { namespace })
      await cluster.apply(both, asGit)
      expect(managersOf(await cluster.apply(both, asKubectl))).toEqual([
        'git Apply',
        'kubectl Apply',
      ])
      const gone = aConfigMap('m', {}, { namespace })
      expect((await cluster.apply(gone, asGit))['data']).toEqual({ shared: '1' })
      expect((await cluster.apply(gone, asKubectl))['data']).toBeUndefined()
    },
  ],
  [
    'removes a field that its only owner no longer applies, and leaves those of others',
    async ({ cluster, namespace }) => {
      await cluster.apply(aConfigMap('m', { mine: '1', both: '1' }, { namespace }), asGit)
      await cluster.apply(aConfigMap('m', { theirs: '1', both: '1' }, { namespace }), asKubectl)
      const left = await cluster.apply(aConfigMap('m', {}, { namespace }), asGit)
      expect(left['data']).toEqual({ theirs: '1', both: '1' })
    },
  ],
  [
    'takes back the labels it set on a namespace, and no others',
    async ({ cluster, namespace }) => {
      const theirs = { team: 'books' }
      await cluster.apply(aNamespace(namespace, { labels: theirs }), asKubectl)
      const labels = { 'openservicemesh.io/monitored-by': 'osm' }
      const annotations = { 'openservicemesh.io/sidecar-injection': 'enabled' }
      const enrolled = await cluster.apply(aNamespace(namespace, { labels, annotations }), asGit)
      expect(enrolled.metadata.labels).toMatchObject({ ...theirs, ...labels })
      const left = await cluster.apply(aNamespace(namespace), asGit)
      expect(left.metadata.labels).toMatchObject(theirs)
      expect(Object.keys(left.metadata.labels ?? {})).not.toContain(
        'openservicemesh.io/monitored-by',
      )
      expect(left.metadata.annotations).toBeUndefined()
    },
  ],
  [
    'gives a field to whoever updates it: its applier then has a conflict',
    async ({ cluster, namespace }) => {
      const applied = await cluster.apply(aConfigMap('m', { a: '1', b: '1' }, { namespace }), asGit)
      const edited = { ...applied, data: { a: '1', b: '2' } }
      const updated = await cluster.update(edited, { fieldManager: 'kubectl-edit' })
      expect(managersOf(updated)).toEqual(['git Apply', 'kubectl-edit Update'])
      const again = aConfigMap('m', { a: '1', b: '1' }, { namespace })
      expect(await code(cluster.apply(again, asGit))).toBe('Conflict')
      const restored = await cluster.apply(again, { ...asGit, force: true })
      expect(restored['data']).toEqual({ a: '1', b: '1' })
      expect(managersOf(restored)).toEqual(['git Apply'])
    },
  ],
  [
    'replaces a list of a custom resource as a whole',
    async ({ cluster, namespace }) => {
      await cluster.apply(aSplit('s', { v1: 1, v2: 2 }, { namespace }), asGit)
      const shorter = await cluster.apply(aSplit('s', { v3: 3 }, { namespace }), asGit)
      expect(shorter['spec']).toMatchObject({ backends: [{ service: 'v3', weight: 3 }] })
      expect(await code(cluster.apply(aSplit('s', { v1: 1 }, { namespace }), asKubectl))).toBe(
        'Conflict',
      )
    },
  ],
  [
    'merges the ports of a service by port and protocol',
    async ({ cluster, namespace }) => {
      const mine = aService('s', [{ name: 'http', port: 80 }], { namespace })
      const theirs = aService('s', [{ name: 'admin', port: 81 }], { namespace })
      await cluster.apply(mine, asGit)
      const both = await cluster.apply(theirs, asKubectl)
      expect(both['spec']).toMatchObject({
        ports: [
          { name: 'http', port: 80 },
          { name: 'admin', port: 81 },
        ],
      })
      const renamed = aService('s', [{ name: 'web', port: 80 }], { namespace })
      expect(await code(cluster.apply(renamed, asKubectl))).toBe('Conflict')
    },
  ],
]

const WATCHES: readonly (readonly [string, Keeps])[] = [
  [
    'continues a list without a gap, in order',
    async ({ cluster, namespace }) => {
      await cluster.apply(aSplit('before', {}, { namespace }), asGit)
      const { resourceVersion } = await cluster.list(SPLIT, { namespace })
      await cluster.apply(aSplit('a', { v1: 1 }, { namespace }), asGit)
      const events = follow(
        cluster.watch(SPLIT, { namespace, resourceVersion, signal: limit() }),
        4,
      )
      await cluster.apply(aSplit('b', {}, { namespace }), asGit)
      await cluster.apply(aSplit('a', { v1: 2 }, { namespace }), asGit)
      await cluster.delete(idOf(aSplit('b', {}, { namespace })))
      expect((await events).map(printEvent)).toEqual([
        'added a',
        'added b',
        'modified a',
        'deleted b',
      ])
    },
  ],
  [
    'can go on from the version of any event',
    async ({ cluster, namespace }) => {
      const { resourceVersion } = await cluster.list(SPLIT, { namespace })
      for (const name of ['a', 'b', 'c'])
        await cluster.apply(aSplit(name, {}, { namespace }), asGit)
      await cluster.delete(idOf(aSplit('b', {}, { namespace })))
      const watch = (from: string) =>
        cluster.watch(SPLIT, { namespace, resourceVersion: from, signal: limit() })
      const all = await follow(watch(resourceVersion), 4)
      for (const [index, event] of all.slice(0, -1).entries()) {
        if (event.type === 'bookmark') continue
        const from = event.object.metadata.resourceVersion ?? ''
        expect(await follow(watch(from), 3 - index)).toEqual(all.slice(index + 1))
      }
    },
  ],
  [
    'tells a watch by label of objects that come to match, and of those that cease to',
    async ({ cluster, namespace }) => {
      const labels = { colour: 'red' }
      const { resourceVersion } = await cluster.list(SPLIT, { namespace, labels })
      const events = follow(
        cluster.watch(SPLIT, { namespace, labels, resourceVersion, signal: limit() }),
        3,
      )
      await cluster.apply(aSplit('s', {}, { namespace }), asGit)
      await cluster.apply(aSplit('s', {}, { namespace, labels }), asGit)
      await cluster.apply(aSplit('s', { v1: 9 }, { namespace, labels }), asGit)
      await cluster.apply(aSplit('s', { v1: 9 }, { namespace }), asGit)
      expect((await events).map(printEvent)).toEqual(['added s', 'modified s', 'deleted s'])
    },
  ],
  [
    'ends a watch when its signal aborts',
    async ({ cluster, namespace }) => {
      const { resourceVersion } = await cluster.list(SPLIT, { namespace })
      const stop = new AbortController()
      const events = follow(
        cluster.watch(SPLIT, { namespace, resourceVersion, signal: stop.signal }),
        10,
      )
      await cluster.apply(aSplit('s', {}, { namespace }), asGit)
      setImmediate(() => stop.abort())
      expect((await events).length).toBeLessThanOrEqual(1)
    },
  ],
  [
    'says Expired to a watch from before its history, and a new list goes on',
    async ({ cluster, namespace, outliveHistory }) => {
      const { resourceVersion } = await cluster.list(CONFIG_MAP, { namespace })
      await outliveHistory?.()
      const watch = (from: string) =>
        cluster.watch(CONFIG_MAP, { namespace, resourceVersion: from, signal: limit() })
      expect(await code(follow(watch(resourceVersion), 1))).toBe('Expired')
      const relisted = await cluster.list(CONFIG_MAP, { namespace })
      const events = follow(watch(relisted.resourceVersion), 1)
      await cluster.apply(aConfigMap('after', {}, { namespace }), asGit)
      expect((await events).map(printEvent)).toEqual(['added after'])
    },
  ],
  [
    'watches kinds without a namespace',
    async ({ cluster, namespace }) => {
      const { resourceVersion } = await cluster.list(NAMESPACE)
      const events = follow(cluster.watch(NAMESPACE, { resourceVersion, signal: limit() }), 1)
      await cluster.apply(aNamespace(namespace, { labels: { a: 'b' } }), asGit)
      expect((await events).map(printEvent)).toEqual([`modified ${namespace}`])
      expect((await cluster.list(SERVICE, { namespace })).items).toEqual([])
    },
  ],
]

const PROMISES = [...READS, ...WRITES, ...OWNERSHIP, ...WATCHES]
