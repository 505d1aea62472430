/** How one is elected, and what the Lease says: by stepped clocks, on an embedded cluster. */
import { describe, expect, it } from 'vitest'
import { NAMESPACE } from '../../support/cluster-objects.ts'
import { aLeads, ElectionWorld, LEADER_LEASE, TestReplica } from './election-world.ts'

const asSomebody = { fieldManager: 'somebody', force: true, dryRun: false }

describe('an election', () => {
  it('is won at once where nobody leads, and written down for people', async () => {
    const world = await ElectionWorld.open()
    const a = new TestReplica(world, 'a')
    await world.settle()
    expect(a.leads).toBe(true)
    expect((await world.lease())?.['spec']).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    })
  })

  it('is won by one of those who stand at the same moment', async () => {
    const world = await ElectionWorld.open()
    const replicas = ['a', 'b', 'c', 'd', 'e'].map((name) => new TestReplica(world, name))
    await world.pass(60_000)
    expect(replicas.filter(({ leads }) => leads)).toHaveLength(1)
    expect(replicas.map(({ terms }) => terms).toSorted()).toEqual([0, 0, 0, 0, 1])
  })

  it('is won by one of those who find the Lease free at the same moment', async () => {
    const world = await ElectionWorld.open()
    const a = new TestReplica(world, 'a')
    await world.settle()
    const others = ['b', 'c', 'd'].map((name) => new TestReplica(world, name, { seed: 1 }))
    await world.pass(10_000)
    a.close()
    await world.pass(20_000)
    expect(others.map(({ terms }) => terms).toSorted()).toEqual([0, 0, 1])
    expect((await world.lease())?.['spec']).toMatchObject({ leaseTransitions: 1 })
  })

  it('renews for as long as the leader lives, and nobody else begins', async () => {
    const { world, a, b } = await aLeads()
    await world.pass(60_000)
    expect([a.terms, b.terms, a.leads]).toEqual([1, 0, true])
    expect(world.order).toEqual(['a'])
  })

  it('tells everybody who leads, once each time', async () => {
    const { world, a, b } = await aLeads()
    a.close()
    await a.ended
    await world.pass(5_000)
    expect(a.holders).toEqual(['a', undefined])
    expect(b.holders.filter((holder) => holder !== undefined)).toEqual(['a', 'b'])
  })

  it.each([
    [{ leaseMs: 10_000, renewDeadlineMs: 10_000, retryMs: 2_000 }, /must last longer/],
    [{ leaseMs: 15_000, renewDeadlineMs: 3_000, retryMs: 2_000 }, /1\.5 times/],
    [{ leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 0 }, /1\.5 times/],
  ])('refuses spans with which two could lead, or none for long: %j', async (timing, reason) => {
    const world = await ElectionWorld.open()
    await expect(new TestReplica(world, 'a', { timing }).ended).rejects.toThrow(reason)
  })
})

describe('the Lease', () => {
  it('may be labelled by others, and the leader goes on', async () => {
    const { world, a } = await aLeads()
    const lease = await world.lease()
    const metadata = { namespace: 'default', name: LEADER_LEASE.name, labels: { of: 'somebody' } }
    await world.cluster.apply(
      { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata },
      asSomebody,
    )
    await world.pass(30_000)
    const after = await world.lease()
    expect([a.terms, a.leads]).toEqual([1, true])
    expect(after?.metadata.labels).toEqual({ of: 'somebody' })
    expect(after?.metadata.resourceVersion).not.toBe(lease?.metadata.resourceVersion)
  })

  it('may be deleted: the leader stops, and those who knew of it wait until it must have', async () => {
    const { world, a } = await aLeads()
    a.way.is('hanging')
    await world.pass(3_000)
    await world.cluster.delete(LEADER_LEASE)
    await world.pass(30_000)
    expect(world.order).toEqual(['a', 'b'])
    expect(world.firstOf('b')).toBeGreaterThan(world.lastOf('a'))
  })

  it('that was deleted is made anew by the leader that lived on, in a new term', async () => {
    const { world, a, b } = await aLeads()
    await world.cluster.delete(LEADER_LEASE)
    await world.pass(10_000)
    expect([a.terms, a.leads, b.terms]).toEqual([2, true, 0])
    expect(world.log.sentences).toContain('warn: this replica leads no longer')
  })

  it('of a process that had our name is waited out: it may still live', async () => {
    const world = await ElectionWorld.open()
    const before = new TestReplica(world, 'a')
    await world.settle()
    const after = new TestReplica(world, 'a')
    await world.pass(30_000)
    expect([before.leads, after.terms]).toEqual([true, 0])
    before.way.is('hanging')
    await world.pass(30_000)
    expect([before.leads, after.leads]).toEqual([false, true])
  })

  it('that says it lasts longer than ours is waited out for as long', async () => {
    const world = await ElectionWorld.open()
    const timing = { leaseMs: 40_000, renewDeadlineMs: 30_000, retryMs: 2_000 }
    const a = new TestReplica(world, 'a', { timing })
    await world.settle()
    const b = new TestReplica(world, 'b')
    await world.pass(5_000)
    a.way.is('hanging')
    await world.pass(34_000)
    expect(b.terms).toBe(0)
    await world.pass(10_000)
    expect(b.leads).toBe(true)
  })

  it('that holds nonsense counts as nobody’s', async () => {
    const world = await ElectionWorld.open()
    const { namespace, name } = LEADER_LEASE
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }
    const spec = { holderIdentity: 7, leaseDurationSeconds: 'long', leaseTransitions: [] }
    await world.cluster.create({ ...lease, metadata: { namespace, name }, spec }, asSomebody)
    const a = new TestReplica(world, 'a')
    await world.settle()
    expect(a.leads).toBe(true)
  })

  it('that has no namespace to be in is missed aloud', async () => {
    const world = await ElectionWorld.open()
    await world.cluster.delete({ ...NAMESPACE, namespace: '', name: 'default' })
    const a = new TestReplica(world, 'a')
    await world.pass(10_000)
    expect(a.terms).toBe(0)
    expect(world.log.lines).toMatchObject([
      { sentence: 'the Lease cannot be read or written; it is tried again' },
    ])
    expect(world.log.lines[0]?.fields['reason']).toContain('the namespace default does not exist')
    await world.cluster.ensureNamespaces(['default'])
    await world.pass(3_000)
    expect(a.leads).toBe(true)
  })

  it('costs a waiting replica one read a look and a leader one write a renewal', async () => {
    const { world, a, b } = await aLeads()
    const before = [a.way.calls, b.way.calls]
    await world.pass(60_000)
    const [ofA = 0, ofB = 0] = [a.way.calls, b.way.calls].map((now, i) => now - (before[i] ?? 0))
    expect(ofA).toBeGreaterThanOrEqual(20)
    expect(ofA).toBeLessThanOrEqual(30)
    expect(ofB).toBeLessThanOrEqual(30)
  })
})

it('writes nothing of its own into what it does not lead', async () => {
  const { world, b } = await aLeads()
  expect(await b.write()).toBe('Unavailable')
  expect(world.order).toEqual(['a'])
})
