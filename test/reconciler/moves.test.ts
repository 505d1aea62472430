/** Objects that go from one repository to another, and those that stay when their document does not. */
import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { toObjectKey } from '../../src/model/object-id.ts'
import type { Cluster } from '../../src/reconciler/cluster.ts'
import { repositoryOf } from '../../src/reconciler/owner-mark.ts'
import type { Ownership } from '../../src/reconciler/ownership.ts'
import { idOf } from '../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { PlanWorld } from '../support/plan-world.ts'
import { anEnrolledNamespace, aRouteGroup } from '../support/policy-objects.ts'

const NAMESPACE = anEnrolledNamespace('bookstore')
const ROUTES = aRouteGroup('routes')

/** What repositories want; one that is not named is followed no more. */
function wishes(all: Readonly<Record<string, readonly KubernetesObject[] | 'unknown'>>): Ownership {
  const wants = (repository: string, key: string) =>
    (all[repository] as readonly KubernetesObject[]).some(
      (object) => toObjectKey(idOf(object)) === key,
    )
  return {
    claim: (repository, id) => {
      const wanted = all[repository]
      if (wanted === undefined) return 'gone'
      if (wanted === 'unknown') return 'unknown'
      return wants(repository, toObjectKey(id)) ? 'wanted' : 'unwanted'
    },
    claimant: (id, except) =>
      Object.keys(all).find(
        (name) => name !== except && all[name] !== 'unknown' && wants(name, toObjectKey(id)),
      ),
  }
}

async function twoRepositories(): Promise<{
  readonly cluster: Cluster
  readonly a: PlanWorld
  readonly b: PlanWorld
  readonly uid: string | undefined
}> {
  const cluster = await anEmbeddedCluster()
  const [a, b] = [new PlanWorld(cluster, 'a'), new PlanWorld(cluster, 'b')]
  await a.apply([NAMESPACE, ROUTES, aRouteGroup('others')])
  return { cluster, a, b, uid: (await cluster.get(idOf(ROUTES)))?.metadata.uid }
}

async function tracked(world: PlanWorld): Promise<readonly string[]> {
  return [...(await world.store().load()).entries.values()].map(({ id }) => id.name).sort()
}

describe('a move', () => {
  const ownership = wishes({ a: [NAMESPACE, aRouteGroup('others')], b: [ROUTES] })
  const fromA = (a: PlanWorld) => a.apply([NAMESPACE, aRouteGroup('others')], { ownership })
  const toB = (b: PlanWorld) => b.apply([ROUTES], { ownership })

  it.each([
    ['the repository it leaves is applied first', [fromA, toB]],
    ['the repository it goes to is applied first', [toB, fromA]],
  ] as const)('never deletes the object when %s', async (_name, [first, second]) => {
    const { cluster, a, b, uid } = await twoRepositories()
    const world = (step: typeof first) => (step === fromA ? a : b)
    await first(world(first))
    await second(world(second))
    const moved = await cluster.get(idOf(ROUTES))
    expect(moved?.metadata.uid).toBe(uid)
    expect(moved && repositoryOf(moved)).toBe('b')
    expect([await tracked(a), await tracked(b)]).toEqual([['bookstore', 'others'], ['routes']])
  })

  it('says where the object comes from, and where it goes', async () => {
    const { a, b } = await twoRepositories()
    const { plan: taking } = await b.plan([ROUTES], { ownership })
    expect(taking.steps).toMatchObject([
      { type: 'configure', reason: 'it moves here from the repository a' },
    ])
    const { plan: leaving } = await a.plan([NAMESPACE, aRouteGroup('others')], { ownership })
    expect(leaving.steps).toContainEqual({
      type: 'skip',
      id: idOf(ROUTES),
      means: 'forget',
      reason: 'the repository b has it now',
    })
  })

  it('takes the objects of a repository that is followed no more', async () => {
    const { cluster, b, uid } = await twoRepositories()
    await b.apply([ROUTES], { ownership: wishes({ b: [ROUTES] }) })
    expect((await cluster.get(idOf(ROUTES)))?.metadata.uid).toBe(uid)
    expect(await tracked(b)).toEqual(['routes'])
  })

  it.each([
    ['still wants the object', wishes({ a: [ROUTES], b: [ROUTES] })],
    ['has not said yet what it wants', wishes({ a: 'unknown', b: [ROUTES] })],
  ])('takes nothing from a repository that %s', async (_name, others) => {
    const { cluster, b } = await twoRepositories()
    const { plan } = await b.plan([ROUTES], { ownership: others })
    expect(plan.steps).toMatchObject([
      {
        type: 'skip',
        means: 'refused',
        reason: 'it belongs to the repository a; take it out of one of the two',
      },
    ])
    await b.carryOut(plan, { ownership: others })
    const left = await cluster.get(idOf(ROUTES))
    expect(left && repositoryOf(left)).toBe('a')
  })

  it('does not count in the guard of the repository it leaves', async () => {
    const { a } = await twoRepositories()
    const { plan } = await a.plan([], {
      ownership: wishes({ a: [], b: [NAMESPACE, ROUTES, aRouteGroup('others')] }),
      allowance: undefined,
    })
    expect(plan.blocked).toBeUndefined()
  })
})

describe('a repository whose prune is disabled', () => {
  it('keeps what leaves it, tracked, and the commit is applied', async () => {
    const world = new PlanWorld(await anEmbeddedCluster())
    await world.apply([NAMESPACE, ROUTES])
    const { plan, ...result } = await world.apply([NAMESPACE], { prune: 'disabled' })
    expect(plan.steps).toContainEqual({
      type: 'skip',
      id: idOf(ROUTES),
      means: 'keep',
      reason: 'its document left the repository, whose prune is disabled',
    })
    expect(result.inventory.applied).toBe(plan.commit)
    expect(await tracked(world)).toEqual(['bookstore', 'routes'])
    expect(await world.cluster.get(idOf(ROUTES))).toBeDefined()
    await world.apply([NAMESPACE])
    expect(await world.cluster.get(idOf(ROUTES))).toBeUndefined()
    expect(await tracked(world)).toEqual(['bookstore'])
  })

  it('is not held up by the guard', async () => {
    const world = new PlanWorld(await anEmbeddedCluster())
    await world.apply([NAMESPACE, ROUTES])
    const { plan } = await world.plan([], { prune: 'disabled', allowance: undefined })
    expect(plan.blocked).toBeUndefined()
  })
})
