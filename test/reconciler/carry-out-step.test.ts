/** What happens to a step whose object changed after it was judged: a stale write never lands, and little waits for the next pass. */
import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { printObjectId } from '../../src/model/object-id.ts'
import { repositoryOf } from '../../src/reconciler/owner-mark.ts'
import type { Ownership } from '../../src/reconciler/ownership.ts'
import { aNamespace, idOf } from '../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { aCommit, PlanWorld } from '../support/plan-world.ts'
import { anEnrolledNamespace, aRouteGroup, aTrafficTarget } from '../support/policy-objects.ts'
import { RecordingCluster } from '../support/recording-cluster.ts'

const NAMESPACE = anEnrolledNamespace('bookstore')
const BUY = aTrafficTarget('buy')
const asOther = { fieldManager: 'someone', force: true, dryRun: false }

async function aWorld(
  objects: readonly KubernetesObject[],
): Promise<{ readonly world: PlanWorld; readonly cluster: RecordingCluster }> {
  const cluster = new RecordingCluster(await anEmbeddedCluster())
  const world = new PlanWorld(cluster)
  await world.apply(objects)
  return { world, cluster }
}

/** Does something right before the first call that begins so. */
function once(cluster: RecordingCluster, beginning: string, act: () => Promise<unknown>): void {
  cluster.before = async (call) => {
    if (!call.startsWith(beginning)) return
    cluster.before = async () => undefined
    await act()
  }
}

async function sourcesOf({ cluster }: PlanWorld): Promise<unknown> {
  const spec = (await cluster.get(idOf(BUY)))?.['spec'] as { readonly sources: unknown }
  return (spec.sources as readonly { readonly name: string }[]).map(({ name }) => name)
}

function trackedIn(result: Awaited<ReturnType<PlanWorld['carryOut']>>): readonly string[] {
  return [...result.inventory.entries.values()].map(({ id }) => printObjectId(id)).sort()
}

describe('a write', () => {
  it('is judged anew when somebody changed the object meanwhile, in the same pass', async () => {
    const { world, cluster } = await aWorld([NAMESPACE, BUY])
    const { plan } = await world.plan([NAMESPACE, aTrafficTarget('buy', ['bookthief'])])
    await cluster.apply(aTrafficTarget('buy', ['mallory']), asOther)
    cluster.calls = []
    const result = await world.carryOut(plan)
    expect(result.failures).toEqual([])
    expect(cluster.calls.filter((call) => call.includes('TrafficTarget'))).toEqual([
      'apply TrafficTarget bookstore/buy',
      'get TrafficTarget bookstore/buy',
      'dry run TrafficTarget bookstore/buy',
      'apply TrafficTarget bookstore/buy',
    ])
    expect(await sourcesOf(world)).toEqual(['bookthief'])
    expect(await world.plan([NAMESPACE, aTrafficTarget('buy', ['bookthief'])])).toMatchObject({
      plan: { steps: [{ type: 'unchanged' }, { type: 'unchanged' }] },
    })
  })

  it('writes nothing when judged anew it is as it should be', async () => {
    const { world, cluster } = await aWorld([NAMESPACE, BUY])
    const commit = [NAMESPACE, aTrafficTarget('buy', ['bookthief'])]
    const { plan } = await world.plan(commit)
    await new PlanWorld(cluster).apply(commit)
    const version = (await cluster.get(idOf(BUY)))?.metadata.resourceVersion
    const result = await world.carryOut(plan)
    expect(result).toMatchObject({ failures: [], done: [] })
    expect((await cluster.get(idOf(BUY)))?.metadata.resourceVersion).toBe(version)
  })

  it('does not take an object that appeared meanwhile and is that another repository has', async () => {
    const { world, cluster } = await aWorld([NAMESPACE])
    const { plan } = await world.plan([NAMESPACE, BUY])
    await new PlanWorld(cluster, 'theirs').apply([aTrafficTarget('buy', ['bookthief'])])
    const { failures } = await world.carryOut(plan)
    expect(failures).toMatchObject([
      { code: 'Conflict', message: expect.stringContaining('belongs to the repository theirs') },
    ])
    expect(await sourcesOf(world)).toEqual(['bookthief'])
  })

  it('does not bring back an object that was deleted meanwhile at the version it had', async () => {
    const { world, cluster } = await aWorld([NAMESPACE, BUY])
    const { plan } = await world.plan([NAMESPACE, aTrafficTarget('buy', ['bookthief'])])
    await cluster.delete(idOf(BUY))
    cluster.calls = []
    expect((await world.carryOut(plan)).failures).toEqual([])
    expect(cluster.calls.filter((call) => call.includes('TrafficTarget'))).toEqual([
      'apply TrafficTarget bookstore/buy',
      'get TrafficTarget bookstore/buy',
      'dry run TrafficTarget bookstore/buy',
      'apply TrafficTarget bookstore/buy',
    ])
  })

  it('ends after three tries against somebody who never stops, and says so', async () => {
    const { world, cluster } = await aWorld([NAMESPACE, BUY])
    const commit = [NAMESPACE, aTrafficTarget('buy', ['bookthief'])]
    const { plan } = await world.plan(commit, { commit: aCommit('b') })
    let turn = 0
    cluster.before = async (call) => {
      if (!call.startsWith('apply TrafficTarget')) return
      const { before } = cluster
      cluster.before = async () => undefined
      await cluster.apply(aTrafficTarget('buy', [`mallory-${turn++}`]), asOther)
      cluster.before = before
    }
    const { failures, inventory } = await world.carryOut(plan)
    expect(failures).toMatchObject([{ code: 'Conflict' }])
    expect(turn).toBe(3)
    expect(inventory.applied).toBe(aCommit('a'))
  })

  it('takes out what somebody added only at the version that its own apply left', async () => {
    const { world, cluster } = await aWorld([NAMESPACE, aRouteGroup('routes')])
    const routes = aRouteGroup('routes')
    const added = { ...routes, spec: { ...(routes['spec'] as object), added: true } }
    await cluster.update(added, { fieldManager: 'someone' })
    const commit = [NAMESPACE, aRouteGroup('routes', '/new')]
    const { plan } = await world.plan(commit)
    const again = { ...added, spec: { ...added.spec, more: true } }
    once(cluster, 'update HTTPRouteGroup', async () => {
      await cluster.update(again, { fieldManager: 'someone' })
    })
    expect((await world.carryOut(plan)).failures).toEqual([])
    expect((await cluster.get(idOf(routes)))?.['spec']).toEqual(aRouteGroup('', '/new')['spec'])
  })

  it('is content with a namespace that somebody made meanwhile', async () => {
    const { world, cluster } = await aWorld([])
    const { plan } = await world.plan([BUY])
    const theirs = await cluster.create(aNamespace('bookstore', { labels: { team: 'books' } }), {
      fieldManager: 'someone',
    })
    const result = await world.carryOut(plan)
    expect(result.failures).toEqual([])
    expect(trackedIn(result)).toEqual(['TrafficTarget bookstore/buy'])
    expect(await cluster.get(idOf(theirs))).toEqual(theirs)
  })
})

describe('a removal', () => {
  it('is for the version that was judged, and judged anew for another', async () => {
    const { world, cluster } = await aWorld([NAMESPACE, BUY])
    const { plan } = await world.plan([NAMESPACE])
    await cluster.apply(aTrafficTarget('buy', ['mallory']), asOther)
    const result = await world.carryOut(plan)
    expect(trackedIn(result)).toEqual(['Namespace bookstore'])
    expect(await cluster.get(idOf(BUY))).toBeUndefined()
  })

  it('spares an object that was given to another repository, or kept, meanwhile', async () => {
    const { world, cluster } = await aWorld([NAMESPACE, BUY, aRouteGroup('routes')])
    const { plan } = await world.plan([NAMESPACE])
    const gone: Ownership = { claim: () => 'gone', claimant: () => undefined }
    await new PlanWorld(cluster, 'theirs').apply([BUY], { ownership: gone })
    const routes = await cluster.get(idOf(aRouteGroup('routes')))
    const annotations = { ...routes?.metadata.annotations, 'plumbline.dev/prune': 'disabled' }
    const metadata = { ...routes?.metadata, name: 'routes', annotations }
    await cluster.update({ ...aRouteGroup('routes'), metadata }, { fieldManager: 'someone' })
    const result = await world.carryOut(plan)
    expect(result.failures).toEqual([])
    expect(trackedIn(result)).toEqual(['Namespace bookstore'])
    const left = await Promise.all([BUY, aRouteGroup('routes')].map((o) => cluster.get(idOf(o))))
    expect(left.map((object) => object && repositoryOf(object))).toEqual(['theirs', 'policies'])
  })
})

describe('an object with a finalizer', () => {
  const held = { ...BUY, metadata: { ...BUY.metadata, finalizers: ['example.com/hold'] } }

  async function aHeldWorld(): Promise<Awaited<ReturnType<typeof aWorld>>> {
    const { world, cluster } = await aWorld([NAMESPACE, BUY])
    await cluster.apply({ ...held, spec: undefined } as never, asOther)
    return { world, cluster }
  }

  it('stays in the inventory after its delete was accepted, and its finalizers are named', async () => {
    const { world } = await aHeldWorld()
    const reason = expect.stringContaining('waits for whoever set its finalizer example.com/hold')
    for (const _pass of ['the one that deletes', 'the one after']) {
      const result = await world.apply([NAMESPACE])
      expect(result.deleting).toEqual([{ id: idOf(BUY), reason }])
      expect(trackedIn(result)).toEqual(['Namespace bookstore', 'TrafficTarget bookstore/buy'])
      expect(result.failures).toEqual([])
    }
  })

  it('is deleted once, and leaves the inventory when it is gone', async () => {
    const { world, cluster } = await aHeldWorld()
    await world.apply([NAMESPACE])
    cluster.calls = []
    await world.apply([NAMESPACE])
    expect(cluster.calls.filter((call) => call.startsWith('delete'))).toEqual([])
    await cluster.apply({ ...held, metadata: BUY.metadata, spec: undefined } as never, asOther)
    expect(await cluster.get(idOf(BUY))).toBeUndefined()
    const result = await world.apply([NAMESPACE])
    expect(result.deleting).toEqual([])
    expect(trackedIn(result)).toEqual(['Namespace bookstore'])
  })
})
