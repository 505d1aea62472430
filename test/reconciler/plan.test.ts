/** What a plan says: which steps, in which order, and why. */
import { describe, expect, it } from 'vitest'
import type { Plan, Step } from '../../src/reconciler/plan/step.ts'
import { idOf } from '../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { PlanWorld } from '../support/plan-world.ts'
import {
  aMeshConfig,
  anEnrolledNamespace,
  aRouteGroup,
  aTrafficTarget,
} from '../support/policy-objects.ts'

const BOOKSTORE = [aTrafficTarget('buy'), aRouteGroup('routes'), anEnrolledNamespace('bookstore')]

async function aWorld(): Promise<PlanWorld> {
  return new PlanWorld(await anEmbeddedCluster())
}

/** As `create TrafficTarget buy`, in order, without what stays as it is. */
function print({ steps }: Plan): readonly string[] {
  return steps
    .filter((step) => step.type !== 'unchanged')
    .map((step) => `${step.type} ${step.id.kind} ${step.id.name}`)
}

function stepOf<T extends Step['type']>(plan: Plan, type: T): Extract<Step, { type: T }> {
  const step = plan.steps.find((candidate) => candidate.type === type)
  if (step === undefined) throw new Error(`the plan has no ${type} step`)
  return step as Extract<Step, { type: T }>
}

describe('order', () => {
  it('makes before it breaks: namespaces, then routes, then grants', async () => {
    const { plan } = await (await aWorld()).plan(BOOKSTORE)
    expect(print(plan)).toEqual([
      'create Namespace bookstore',
      'create HTTPRouteGroup routes',
      'create TrafficTarget buy',
    ])
  })

  it('takes away last: grants, then the routes they name, then enrollment and permissive mode', async () => {
    const world = await aWorld()
    await world.apply([...BOOKSTORE, aMeshConfig(true)])
    const { plan } = await world.plan([aMeshConfig(false), aTrafficTarget('buy-again')])
    expect(print(plan)).toEqual([
      'create TrafficTarget buy-again',
      'prune TrafficTarget buy',
      'prune HTTPRouteGroup routes',
      'prune Namespace bookstore',
      'configure MeshConfig osm-mesh-config',
    ])
  })

  it('turns permissive mode on before any grant', async () => {
    const world = await aWorld()
    await world.apply([anEnrolledNamespace('bookstore'), aMeshConfig(false)])
    const { plan } = await world.plan([
      anEnrolledNamespace('bookstore'),
      aMeshConfig(true),
      aTrafficTarget('buy'),
    ])
    expect(print(plan)).toEqual([
      'configure MeshConfig osm-mesh-config',
      'create TrafficTarget buy',
    ])
  })

  it('ends the enrollment of a namespace that stays in the repository last', async () => {
    const world = await aWorld()
    await world.apply([anEnrolledNamespace('bookstore')])
    const bare = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bookstore' } }
    const { plan } = await world.plan([bare, aTrafficTarget('buy')])
    expect(print(plan)).toEqual(['create TrafficTarget buy', 'configure Namespace bookstore'])
    expect(stepOf(plan, 'configure')).toMatchObject({
      stage: 'restrict',
      changes: [
        { path: 'metadata.labels["openservicemesh.io/monitored-by"]', before: 'osm' },
        { path: 'metadata.annotations["openservicemesh.io/sidecar-injection"]', before: 'enabled' },
      ],
    })
  })
})

describe('what differs', () => {
  it('is empty after an apply, and asks the cluster nothing', async () => {
    const world = await aWorld()
    await world.apply(BOOKSTORE)
    const deaf = {
      ...world.cluster,
      apply: async () => {
        throw new Error('the cluster was asked')
      },
      get: async () => {
        throw new Error('the cluster was asked')
      },
    } as unknown as PlanWorld['cluster']
    expect(print((await world.plan(BOOKSTORE, {}, deaf)).plan)).toEqual([])
  })

  it('names the fields that a commit changes, with before and after', async () => {
    const world = await aWorld()
    await world.apply(BOOKSTORE)
    const { plan } = await world.plan([aTrafficTarget('buy', ['bookthief']), ...BOOKSTORE.slice(1)])
    expect(stepOf(plan, 'configure')).toMatchObject({
      reason: 'it differs',
      changes: [
        { path: 'spec.sources[0].name', before: 'bookbuyer', after: 'bookthief' },
        { path: 'spec.sources[0].namespace', before: 'bookbuyer', after: 'bookthief' },
      ],
      takenFrom: [],
    })
  })

  it('names the manager whose edit it puts back', async () => {
    const world = await aWorld()
    await world.apply(BOOKSTORE)
    const edited = aTrafficTarget('buy', ['bookthief'])
    await world.cluster.update(edited, { fieldManager: 'kubectl-edit' })
    const { plan } = await world.plan(BOOKSTORE)
    expect(stepOf(plan, 'configure').takenFrom).toEqual([
      { owner: { manager: 'kubectl-edit', operation: 'Update' }, fields: ['.spec.sources'] },
    ])
  })

  it('leaves alone what somebody else added to our object', async () => {
    const world = await aWorld()
    await world.apply(BOOKSTORE)
    const labelled = { ...anEnrolledNamespace('bookstore') }
    await world.cluster.apply(
      { ...labelled, metadata: { name: 'bookstore', labels: { team: 'books' } } },
      { fieldManager: 'kubectl', force: false, dryRun: false },
    )
    const { plan } = await world.plan(BOOKSTORE)
    expect(print(plan)).toEqual([])
  })

  it('adopts an object that is there already, and says so', async () => {
    const world = await aWorld()
    await world.cluster.apply(anEnrolledNamespace('bookstore'), {
      fieldManager: 'kubectl',
      force: false,
      dryRun: false,
    })
    const { plan } = await world.plan([anEnrolledNamespace('bookstore')])
    expect(stepOf(plan, 'configure').reason).toBe('it is there already, and becomes ours')
  })

  it('shows no content of a Secret', async () => {
    const world = await aWorld()
    const secret = (password: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'default', name: 's' },
      stringData: { password },
    })
    await world.apply([secret('before-canary')])
    const { plan } = await world.plan([secret('after-canary')])
    expect(stepOf(plan, 'configure').changes).toEqual([
      { path: 'stringData.password', before: '(redacted)', after: '(redacted)' },
    ])
  })
})

describe('what it leaves', () => {
  it('skips an object that another repository owns', async () => {
    const cluster = await anEmbeddedCluster()
    await new PlanWorld(cluster, 'theirs').apply(BOOKSTORE)
    const { plan } = await new PlanWorld(cluster, 'ours').plan([aRouteGroup('routes', '/mine')])
    expect(stepOf(plan, 'skip')).toMatchObject({
      reason: 'it belongs to the repository theirs; take it out of one of the two',
      means: 'refused',
    })
  })

  it('skips an object that the cluster refuses, with what it said', async () => {
    const world = await aWorld()
    await world.apply([anEnrolledNamespace('bookstore')])
    const { plan } = await world.plan([
      anEnrolledNamespace('bookstore'),
      aRouteGroup('Not A Name'),
      { apiVersion: 'plumbline.dev/v9', kind: 'Unheard', metadata: { name: 'x' } },
    ])
    expect(plan.steps.filter((step) => step.type === 'skip')).toMatchObject([
      { code: 'KindNotServed', reason: 'no kind Unheard is served at plumbline.dev/v9' },
      { code: 'Invalid', reason: expect.stringContaining('has the name "Not A Name"') },
    ])
  })

  it('makes the namespace that objects need, or waits for it', async () => {
    const world = await aWorld()
    expect(print((await world.plan([aRouteGroup('routes')])).plan)).toEqual([
      'create Namespace bookstore',
      'create HTTPRouteGroup routes',
    ])
    const { plan } = await world.plan([aRouteGroup('routes')], { createNamespaces: false })
    expect(stepOf(plan, 'skip').reason).toContain('the namespace bookstore does not exist')
  })

  it('spares an object that took the name of one of ours, and one whose mark is gone', async () => {
    const world = await aWorld()
    await world.apply([...BOOKSTORE, aRouteGroup('other')])
    await world.cluster.delete(idOf(aRouteGroup('routes')))
    await world.cluster.create(aRouteGroup('routes'), { fieldManager: 'someone' })
    await world.cluster.update(aRouteGroup('other'), { fieldManager: 'someone' })
    const { plan } = await world.plan([anEnrolledNamespace('bookstore'), aTrafficTarget('buy')])
    expect(print(plan)).toEqual(['skip HTTPRouteGroup other', 'skip HTTPRouteGroup routes'])
    expect(plan.steps.filter((step) => step.type === 'skip' && step.means === 'refused')).toEqual(
      [],
    )
  })

  it('spares a successor that carries even the mark of its predecessor', async () => {
    const world = await aWorld()
    await world.apply(BOOKSTORE)
    const ours = await world.cluster.get(idOf(aRouteGroup('routes')))
    if (ours === undefined) throw new Error('nothing was applied')
    await world.cluster.delete(idOf(ours))
    await world.cluster.create(ours, { fieldManager: 'a-restore' })
    const { plan } = await world.plan([anEnrolledNamespace('bookstore'), aTrafficTarget('buy')])
    expect(stepOf(plan, 'skip')).toMatchObject({
      reason: 'another object has its name now; that one is not ours',
      means: 'forget',
    })
  })

  it('spares a copy that carries our mark under another name', async () => {
    const world = await aWorld()
    await world.apply(BOOKSTORE)
    const ours = await world.cluster.get(idOf(aRouteGroup('routes')))
    await world.cluster.create(
      {
        ...aRouteGroup('copy'),
        metadata: {
          ...aRouteGroup('copy').metadata,
          labels: ours?.metadata.labels,
          annotations: ours?.metadata.annotations,
        } as never,
      },
      { fieldManager: 'an-operator' },
    )
    const inventory = await world.store().load()
    expect([...inventory.entries.keys()].filter((key) => key.includes('copy'))).toEqual([])
    // Even an inventory that is rebuilt from marks does not take it in.
    await world.cluster.delete({
      group: '',
      version: 'v1',
      kind: 'ConfigMap',
      namespace: 'default',
      name: 'plumbline-inventory-policies',
    })
    const rebuilt = await world.store().load()
    expect([...rebuilt.entries.keys()].sort()).toEqual([...inventory.entries.keys()].sort())
  })

  it('keeps an object whose annotation says not to prune it', async () => {
    const world = await aWorld()
    const kept = aRouteGroup('routes')
    await world.apply([
      anEnrolledNamespace('bookstore'),
      {
        ...kept,
        metadata: { ...kept.metadata, annotations: { 'plumbline.dev/prune': 'disabled' } },
      },
    ])
    const { plan } = await world.plan([anEnrolledNamespace('bookstore')])
    expect(print(plan)).toEqual(['skip HTTPRouteGroup routes'])
  })
})
