/** What is known of the objects of followed kinds: which there are, whose they are, and whether that is all. */
import { expect, it, onTestFinished } from 'vitest'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import type { Cluster } from '../../src/reconciler/cluster.ts'
import { LiveObjects } from '../../src/reconciler/live-objects.ts'
import { withOwnerMark } from '../../src/reconciler/owner-mark.ts'
import { idOf } from '../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { aRouteGroup } from '../support/policy-objects.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { SeededEntropy } from '../support/seeded-entropy.ts'

const KIND = idOf(aRouteGroup('any'))
const asOurs = { fieldManager: 'plumbline', force: true, dryRun: false }

function followIn(cluster: Cluster): LiveObjects {
  const parts = { clock: new FakeClock(), entropy: new SeededEntropy(), log: new RecordingLogger() }
  const live = new LiveObjects({ cluster, ...parts })
  onTestFinished(async () => await live.close())
  return live
}

async function apply(cluster: Cluster, object: KubernetesObject, repository: string) {
  return await cluster.apply(withOwnerMark(object, repository), asOurs)
}

/** Resolves when the change has been seen. */
async function seen(live: LiveObjects, act: () => Promise<unknown>): Promise<void> {
  const change = Promise.withResolvers<void>()
  const stop = live.onChange(() => change.resolve())
  await act()
  await change.promise
  stop()
}

function namesOf(live: LiveObjects, repository: string): readonly string[] {
  return [...live.ofRepository(repository).values()].map(({ metadata }) => metadata.name).sort()
}

it('knows a kind from its first list on, and no kind that it does not follow', async () => {
  const live = followIn(await anEmbeddedCluster())
  expect(live.knows(KIND)).toBe(false)
  await live.follow([KIND], new AbortController().signal)
  expect(live.knows(KIND)).toBe(true)
  expect(live.knows({ ...KIND, kind: 'TCPRoute' })).toBe(false)
})

it('does not claim to know a kind that the cluster does not serve', async () => {
  const live = followIn(await anEmbeddedCluster())
  const unserved = { group: 'plumbline.dev', version: 'v1alpha1', kind: 'Unheard' }
  await live.follow([unserved], new AbortController().signal)
  expect(live.knows(unserved)).toBe(false)
})

it('finds the objects of a repository as they come, change hands and go', async () => {
  const cluster = await anEmbeddedCluster({})
  await cluster.ensureNamespaces(['bookstore'])
  await apply(cluster, aRouteGroup('listed'), 'a')
  const live = followIn(cluster)
  await live.follow([KIND], new AbortController().signal)
  expect(namesOf(live, 'a')).toEqual(['listed'])
  await seen(live, async () => await apply(cluster, aRouteGroup('watched'), 'a'))
  expect(namesOf(live, 'a')).toEqual(['listed', 'watched'])
  await seen(live, async () => await apply(cluster, aRouteGroup('watched'), 'b'))
  expect([namesOf(live, 'a'), namesOf(live, 'b')]).toEqual([['listed'], ['watched']])
  await seen(live, async () => await cluster.delete(idOf(aRouteGroup('listed'))))
  expect([namesOf(live, 'a'), namesOf(live, 'b')]).toEqual([[], ['watched']])
})

it('does not take a copy for an object of the repository', async () => {
  const cluster = await anEmbeddedCluster({})
  await cluster.ensureNamespaces(['bookstore'])
  const { metadata } = await apply(cluster, aRouteGroup('original'), 'a')
  const { labels = {}, annotations = {} } = metadata
  const copy = aRouteGroup('copy')
  const marked = { ...copy, metadata: { ...copy.metadata, labels, annotations } }
  await cluster.create(marked, { fieldManager: 'someone' })
  const live = followIn(cluster)
  await live.follow([KIND], new AbortController().signal)
  expect(namesOf(live, 'a')).toEqual(['original'])
})
