/** What a plan costs: the calls for each object, and that none of them can be misled by a view that lags behind. */
import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import type { Ownership } from '../../src/reconciler/ownership.ts'
import { isRefusal, type Plan } from '../../src/reconciler/plan/step.ts'
import { idOf } from '../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { PlanWorld } from '../support/plan-world.ts'
import { anEnrolledNamespace, aRouteGroup, aTrafficTarget } from '../support/policy-objects.ts'
import { RecordingCluster } from '../support/recording-cluster.ts'

const NAMESPACE = anEnrolledNamespace('bookstore')
const asOther = { fieldManager: 'someone', force: true, dryRun: false }

async function aWorld(
  objects: readonly KubernetesObject[] = [NAMESPACE],
): Promise<{ readonly world: PlanWorld; readonly cluster: RecordingCluster }> {
  const cluster = new RecordingCluster(await anEmbeddedCluster())
  const world = new PlanWorld(cluster)
  await world.apply(objects)
  cluster.calls = []
  return { world, cluster }
}

/** The calls of a whole pass for a commit, without those for the inventory. */
async function callsFor(
  { world, cluster }: Awaited<ReturnType<typeof aWorld>>,
  objects: readonly KubernetesObject[],
): Promise<readonly string[]> {
  const view = await world.view(objects)
  cluster.calls = []
  const { plan } = await world.plan(objects, {}, cluster, view)
  await world.carryOut(plan)
  return cluster.calls.filter((call) => !call.includes('ConfigMap'))
}

function stepFor(plan: Plan, object: KubernetesObject) {
  return plan.steps.find(({ id }) => id.name === object.metadata.name && id.kind === object.kind)
}

describe('calls', () => {
  it('are one dry run and one apply for an object that is new', async () => {
    expect(await callsFor(await aWorld(), [NAMESPACE, aTrafficTarget('buy')])).toEqual([
      'dry run TrafficTarget bookstore/buy',
      'apply TrafficTarget bookstore/buy',
    ])
  })

  it('are one dry run and one apply for an object that the commit changes', async () => {
    const world = await aWorld([NAMESPACE, aTrafficTarget('buy')])
    expect(await callsFor(world, [NAMESPACE, aTrafficTarget('buy', ['bookthief'])])).toEqual([
      'dry run TrafficTarget bookstore/buy',
      'apply TrafficTarget bookstore/buy',
    ])
  })

  it('are one delete for an object that leaves', async () => {
    const world = await aWorld([NAMESPACE, aTrafficTarget('buy')])
    expect(await callsFor(world, [NAMESPACE])).toEqual(['delete TrafficTarget bookstore/buy'])
  })

  it('are one more reading for an object of a kind that is not followed', async () => {
    const { world, cluster } = await aWorld()
    const view = { ...(await world.view()), knows: () => false }
    cluster.calls = []
    await world.plan([NAMESPACE, aTrafficTarget('buy')], {}, cluster, view)
    expect(cluster.calls.filter((call) => call.includes('TrafficTarget'))).toEqual([
      'get TrafficTarget bookstore/buy',
      'dry run TrafficTarget bookstore/buy',
    ])
  })
})

describe('a view that lags behind', () => {
  it('does not hide the object of another repository', async () => {
    const { world, cluster } = await aWorld()
    const view = await world.view()
    const theirs = new PlanWorld(cluster, 'theirs')
    await theirs.apply([aRouteGroup('routes')])
    const { plan } = await world.plan(
      [NAMESPACE, aRouteGroup('routes', '/mine')],
      {},
      cluster,
      view,
    )
    expect(stepFor(plan, aRouteGroup('routes'))).toMatchObject({
      type: 'skip',
      means: 'refused',
      reason: 'it belongs to the repository theirs; take it out of one of the two',
    })
  })

  it('does not judge a version that is no longer there', async () => {
    const { world, cluster } = await aWorld([NAMESPACE, aTrafficTarget('buy')])
    const view = await world.view()
    await cluster.apply(aTrafficTarget('buy', ['mallory']), asOther)
    const commit = [NAMESPACE, aTrafficTarget('buy', ['bookthief'])]
    const { plan } = await world.plan(commit, {}, cluster, view)
    expect(stepFor(plan, aTrafficTarget('buy'))).toMatchObject({
      type: 'configure',
      changes: expect.arrayContaining([
        { path: 'spec.sources[0].name', before: 'mallory', after: 'bookthief' },
      ]),
      takenFrom: [{ owner: { manager: 'someone', operation: 'Apply' } }],
    })
  })

  it('makes an object that is gone by now, and does not miss it', async () => {
    const { world, cluster } = await aWorld([NAMESPACE, aTrafficTarget('buy')])
    const view = await world.view()
    await cluster.delete(idOf(aTrafficTarget('buy')))
    const commit = [NAMESPACE, aTrafficTarget('buy', ['bookthief'])]
    const { plan } = await world.plan(commit, {}, cluster, view)
    expect(stepFor(plan, aTrafficTarget('buy'))).toMatchObject({ type: 'create' })
  })

  it('lets an object be that somebody changes before every judgement, until the next pass', async () => {
    const { world, cluster } = await aWorld([NAMESPACE, aTrafficTarget('buy')])
    const view = await world.view()
    let turn = 0
    cluster.before = async (call) => {
      if (!call.startsWith('dry run')) return
      const { before } = cluster
      cluster.before = async () => undefined
      await cluster.apply(aTrafficTarget('buy', [`mallory-${turn++}`]), asOther)
      cluster.before = before
    }
    const commit = [NAMESPACE, aTrafficTarget('buy', ['bookthief'])]
    const { plan } = await world.plan(commit, {}, cluster, view)
    expect(stepFor(plan, aTrafficTarget('buy'))).toMatchObject({ type: 'skip', code: 'Conflict' })
    expect(turn).toBe(3)
  })
})

describe('an object of ours that nobody tracks', () => {
  /** As a control plane leaves it that wrote on after another had taken over. */
  async function withOrphan(): Promise<Awaited<ReturnType<typeof aWorld>>> {
    const { world, cluster } = await aWorld([NAMESPACE, aRouteGroup('orphan')])
    const store = world.store()
    const { entries, ...inventory } = await store.load()
    const left = [...entries].filter(([, { id }]) => id.name !== 'orphan')
    await store.save({ ...inventory, entries: new Map(left) })
    return { world, cluster }
  }

  it('is pruned, and is in the inventory before it is', async () => {
    const { world, cluster } = await withOrphan()
    let tracked: readonly string[] = []
    cluster.before = async (call) => {
      if (!call.startsWith('delete')) return
      tracked = [...(await new PlanWorld(cluster).store().load()).entries.keys()]
    }
    await world.apply([NAMESPACE])
    expect(tracked).toContain('specs.smi-spec.io/HTTPRouteGroup/bookstore/orphan')
    expect(await world.cluster.get(idOf(aRouteGroup('orphan')))).toBeUndefined()
    expect((await world.store().load()).entries.size).toBe(1)
  })

  it('counts in the guard', async () => {
    const { world } = await withOrphan()
    const { plan } = await world.plan([], { allowance: undefined })
    expect(plan.blocked).toContain('all 2 of the repository would be pruned')
  })

  it('is left alone when it is kept from prune, when another repository wants it, and when it is gone', async () => {
    const orphan = aRouteGroup('orphan')
    const { world, cluster } = await withOrphan()
    const claimed: Ownership = { claim: () => 'wanted', claimant: () => 'theirs' }
    expect(stepFor((await world.plan([NAMESPACE], { ownership: claimed })).plan, orphan)).toBe(
      undefined,
    )
    const view = await world.view()
    await cluster.delete(idOf(orphan))
    expect(stepFor((await world.plan([NAMESPACE], {}, cluster, view)).plan, orphan)).toBe(undefined)
    const annotations = { 'plumbline.dev/prune': 'disabled' }
    const kept = { ...orphan, metadata: { ...orphan.metadata, annotations } }
    await world.apply([NAMESPACE, kept])
    await world.apply([NAMESPACE])
    const { inventory, plan } = await world.plan([NAMESPACE])
    expect(inventory.entries.size).toBe(1)
    expect(stepFor(plan, orphan)).toBe(undefined)
  })

  it('is not one that somebody else put there with a copy of our mark', async () => {
    const { world, cluster } = await withOrphan()
    const orphan = await cluster.get(idOf(aRouteGroup('orphan')))
    const {
      managedFields: _,
      uid: __,
      resourceVersion: ___,
      ...metadata
    } = orphan?.metadata ?? {
      name: '',
    }
    await cluster.delete(idOf(aRouteGroup('orphan')))
    const copy = { ...aRouteGroup('orphan'), metadata }
    await cluster.create(copy, { fieldManager: 'a-restore' })
    expect(stepFor((await world.plan([NAMESPACE])).plan, copy)).toBe(undefined)
  })
})

describe('very many new objects', () => {
  const many = (count: number, prefix = 'new'): readonly KubernetesObject[] =>
    Array.from({ length: count }, (_, i) => aTrafficTarget(`${prefix}-${i}`))
  const dryRuns = ({ calls }: RecordingCluster) =>
    calls.filter((call) => call.startsWith('dry run')).map((call) => call.split('/').at(-1))

  it('are judged one by one up to a thousand', async () => {
    const { world, cluster } = await aWorld()
    await world.plan([NAMESPACE, ...many(1_000)], {}, cluster, await world.view())
    expect(dryRuns(cluster)).toHaveLength(1_000)
  })

  it('are judged by one of each kind, namespace and set of fields beyond that', async () => {
    const { world, cluster } = await aWorld([NAMESPACE, anEnrolledNamespace('other')])
    const odd = aTrafficTarget('odd')
    const objects = [
      ...many(1_001),
      ...many(2, 'other').map((o) => ({ ...o, metadata: { ...o.metadata, namespace: 'other' } })),
      aRouteGroup('routes'),
      { ...odd, spec: { ...(odd['spec'] as object), more: true } },
    ]
    const commit = [NAMESPACE, anEnrolledNamespace('other'), ...objects]
    const { plan } = await world.plan(commit, {}, cluster, await world.view())
    expect(dryRuns(cluster).sort()).toEqual(['new-0', 'odd', 'other-0', 'routes'])
    expect(plan.steps.filter(({ type }) => type === 'create')).toHaveLength(1_005)
    expect(stepFor(plan, aTrafficTarget('new-7'))).toMatchObject({
      reason: 'it is not in the cluster, which accepts TrafficTarget bookstore/new-0, one like it',
    })
  })

  it('do not keep an object that is there, or may be, from being judged', async () => {
    const { world, cluster } = await aWorld([NAMESPACE, aTrafficTarget('ours')])
    const commit = [NAMESPACE, aTrafficTarget('ours', ['bookthief']), ...many(1_001)]
    await world.plan(commit, {}, cluster, await world.view())
    expect(dryRuns(cluster).sort()).toEqual(['new-0', 'ours'])
    const view = { ...(await world.view()), knows: () => false }
    cluster.calls = []
    await world.plan(commit, {}, cluster, view)
    expect(dryRuns(cluster)).toHaveLength(1_002)
  })

  it('are judged one by one where the one of their sort is refused', async () => {
    const { world, cluster } = await aWorld()
    const bad = many(1_001).map((o) => ({
      ...o,
      metadata: { ...o.metadata, labels: { team: 'not a label value' } },
    }))
    const commit = [NAMESPACE, ...bad, aRouteGroup('routes')]
    const { plan } = await world.plan(commit, {}, cluster, await world.view())
    expect(dryRuns(cluster)).toHaveLength(1_002)
    expect(plan.steps.filter(isRefusal)).toHaveLength(1_001)
  })

  it('never write over an object that appeared since, unjudged', async () => {
    const { world, cluster } = await aWorld()
    const view = await world.view()
    const theirs = new PlanWorld(cluster, 'theirs')
    await theirs.apply([aTrafficTarget('new-7', ['theirs'])])
    const { plan } = await world.plan([NAMESPACE, ...many(1_001)], {}, cluster, view)
    expect(stepFor(plan, aTrafficTarget('new-7'))).toMatchObject({ type: 'create' })
    const { failures } = await world.carryOut(plan)
    expect(failures).toMatchObject([
      { id: { name: 'new-7' }, message: expect.stringContaining('the repository theirs') },
    ])
  })
})
