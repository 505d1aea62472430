/** How a plan is carried out: what happens to the inventory when a step fails, and what is never touched. */
import { expect, it } from 'vitest'
import { apply } from '../../src/reconciler/apply.ts'
import { type Cluster, ClusterError } from '../../src/reconciler/cluster.ts'
import { idOf } from '../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { PlanWorld } from '../support/plan-world.ts'
import { anEnrolledNamespace, aRouteGroup, aTrafficTarget } from '../support/policy-objects.ts'

const NAMESPACE = anEnrolledNamespace('bookstore')
const down = new ClusterError('Unavailable', 'the connection was lost')

async function aWorld(): Promise<PlanWorld> {
  return new PlanWorld(await anEmbeddedCluster())
}

/** The cluster, with one call that fails for the objects it is told to. */
function failing(
  cluster: Cluster,
  call: 'apply' | 'delete',
  names: readonly string[],
  error = down,
): Cluster {
  const bound: Cluster = {
    get: async (id) => await cluster.get(id),
    list: async (kind, options) => await cluster.list(kind, options),
    watch: (kind, options) => cluster.watch(kind, options),
    create: async (object, options) => await cluster.create(object, options),
    update: async (object, options) => await cluster.update(object, options),
    apply: async (object, options) => await cluster.apply(object, options),
    delete: async (id, preconditions) => await cluster.delete(id, preconditions),
  }
  if (call === 'apply')
    bound.apply = async (object, options) => {
      if (names.includes(object.metadata.name) && !options.dryRun) throw error
      return await cluster.apply(object, options)
    }
  else
    bound.delete = async (id, preconditions) => {
      if (names.includes(id.name)) throw error
      await cluster.delete(id, preconditions)
    }
  return bound
}

async function tracked(world: PlanWorld): Promise<readonly string[]> {
  const { entries } = await world.store().load()
  return [...entries.values()].map(({ id }) => id.name).sort()
}

it('says every failure, and goes on with the others', async () => {
  const world = await aWorld()
  const objects = [NAMESPACE, ...['a', 'b', 'c'].map((name) => aTrafficTarget(name))]
  const result = await world.apply(objects, {}, failing(world.cluster, 'apply', ['a', 'c']))
  expect(result.failures).toEqual(
    ['a', 'c'].map((name) => ({
      id: idOf(aTrafficTarget(name)),
      code: 'Unavailable',
      message: 'the connection was lost',
    })),
  )
  expect(result.done.map(({ id }) => id.name)).toEqual(['bookstore', 'b'])
  expect(result.inventory.applied).toBeUndefined()
})

it('keeps an object in the inventory whose delete fails, and deletes it the next time', async () => {
  const world = await aWorld()
  await world.apply([NAMESPACE, aTrafficTarget('a'), aTrafficTarget('b')])
  const result = await world.apply([NAMESPACE], {}, failing(world.cluster, 'delete', ['a']))
  expect(result.failures.map(({ id }) => id.name)).toEqual(['a'])
  expect(await tracked(world)).toEqual(['a', 'bookstore'])
  await world.apply([NAMESPACE])
  expect(await tracked(world)).toEqual(['bookstore'])
  expect(await world.cluster.get(idOf(aTrafficTarget('a')))).toBeUndefined()
})

it('takes for done what somebody else deleted first', async () => {
  const world = await aWorld()
  await world.apply([NAMESPACE, aTrafficTarget('a')])
  const gone = new ClusterError('NotFound', 'gone')
  const result = await world.apply([NAMESPACE], {}, failing(world.cluster, 'delete', ['a'], gone))
  expect(result.failures).toEqual([])
  expect(await tracked(world)).toEqual(['bookstore'])
})

it('holds removals back while something that should be written is not', async () => {
  const world = await aWorld()
  await world.apply([NAMESPACE, aTrafficTarget('old'), aRouteGroup('routes')])
  const next = [NAMESPACE, aTrafficTarget('new')]
  const result = await world.apply(next, {}, failing(world.cluster, 'apply', ['new']))
  expect(result.held.map(({ name }) => name)).toEqual(['old', 'routes'])
  expect(await tracked(world)).toEqual(['bookstore', 'new', 'old', 'routes'])
  expect(await world.cluster.get(idOf(aTrafficTarget('old')))).toBeDefined()
})

it('releases a namespace only while it is the one that was ours', async () => {
  const world = await aWorld()
  await world.apply([NAMESPACE, aTrafficTarget('a')])
  const { plan, inventory } = await world.plan([aTrafficTarget('a')])
  await world.cluster.delete(idOf(NAMESPACE))
  const successor = await world.cluster.create(NAMESPACE, { fieldManager: 'someone' })
  const signal = new AbortController().signal
  const result = await apply({
    cluster: world.cluster,
    plan,
    inventory,
    rules: world.rules(),
    signal,
  })
  expect(result.failures).toEqual([])
  expect(await world.cluster.get(idOf(NAMESPACE))).toEqual(successor)
})

it('does not make a namespace again in order to release it', async () => {
  const world = await aWorld()
  await world.apply([NAMESPACE])
  const { plan, inventory } = await world.plan([])
  await world.cluster.delete(idOf(NAMESPACE))
  const { signal } = new AbortController()
  const result = await apply({
    cluster: world.cluster,
    plan,
    inventory,
    rules: world.rules(),
    signal,
  })
  expect(result.failures).toEqual([])
  expect(result.inventory.entries.size).toBe(0)
  expect(await world.cluster.get(idOf(NAMESPACE))).toBeUndefined()
})

it('spares an object that took the name of one of ours after the plan was made', async () => {
  const world = await aWorld()
  await world.apply([NAMESPACE, aTrafficTarget('a')])
  const { plan, inventory } = await world.plan([NAMESPACE])
  await world.cluster.delete(idOf(aTrafficTarget('a')))
  const successor = await world.cluster.create(aTrafficTarget('a'), { fieldManager: 'someone' })
  const { signal } = new AbortController()
  const result = await apply({
    cluster: world.cluster,
    plan,
    inventory,
    rules: world.rules(),
    signal,
  })
  expect(result.failures).toEqual([])
  expect(result.inventory.entries.size).toBe(1)
  expect(await world.cluster.get(idOf(successor))).toEqual(successor)
})

it('does not carry out a plan that is blocked', async () => {
  const world = await aWorld()
  await world.apply([NAMESPACE])
  const { plan, inventory } = await world.plan([], { allowance: undefined })
  const { signal } = new AbortController()
  await expect(
    apply({ cluster: world.cluster, plan, inventory, rules: world.rules(), signal }),
  ).rejects.toThrow('blocked')
})

it('stops between two steps when it is told to', async () => {
  const world = await aWorld()
  const { plan, inventory } = await world.plan([NAMESPACE, aTrafficTarget('a')])
  const signal = AbortSignal.abort()
  await expect(
    apply({ cluster: world.cluster, plan, inventory, rules: world.rules(), signal }),
  ).rejects.toThrow()
  expect(await world.cluster.get(idOf(NAMESPACE))).toBeUndefined()
})
