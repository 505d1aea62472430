/** What a replica writes of itself, and when: on stepped clocks and an embedded cluster. */
import { describe, expect, it } from 'vitest'
import { LEASE } from '../../../src/reconciler/election/lease.ts'
import { REPLICA_LABELS } from '../../../src/reconciler/election/replica-lease.ts'
import { NAMESPACE } from '../../support/cluster-objects.ts'
import { ElectionWorld } from './election-world.ts'
import { aListener, aPresence, aReport, COMMIT, leases } from './replica-world.ts'

async function writesOf(world: ElectionWorld, span: number): Promise<number> {
  const before = (await world.cluster.list(LEASE)).resourceVersion
  await world.pass(span)
  return Number((await world.cluster.list(LEASE)).resourceVersion) - Number(before)
}

describe('a replica', () => {
  it('is there from its start, in a Lease of its own', async () => {
    const world = await ElectionWorld.open()
    aPresence(world, 'one')
    await world.settle()
    const { items } = await world.cluster.list(LEASE, { labels: REPLICA_LABELS })
    expect(items).toMatchObject([
      {
        metadata: {
          name: 'plumbline-replica-one',
          annotations: { 'plumbline.dev/enforcement': '{"proxies":0,"repositories":{}}' },
        },
        spec: {
          holderIdentity: 'one',
          leaseDurationSeconds: 30,
          renewTime: '2026-01-01T00:00:00.000000Z',
        },
      },
    ])
  })

  it('writes once in ten seconds while nothing changes', async () => {
    const world = await ElectionWorld.open()
    const { presence } = aPresence(world, 'one')
    presence.report(aReport('enforced'))
    await world.pass(1_000)
    expect(await writesOf(world, 60_000)).toBe(6)
  })

  it('says at once what changed, and what it is told again not at all', async () => {
    const world = await ElectionWorld.open()
    const { presence } = aPresence(world, 'one')
    const { state } = aListener(world)
    await world.pass(1_000)
    presence.report(aReport('enforcing'))
    await world.pass(100)
    expect(state()).toBe('enforcing')
    await world.pass(1_000)
    presence.report(aReport('enforcing'))
    expect(await writesOf(world, 500)).toBe(0)
  })

  it('writes twice a second at most, however often something changes, and the last of it', async () => {
    const world = await ElectionWorld.open()
    const { presence } = aPresence(world, 'one')
    const { reports } = aListener(world)
    await world.pass(1_000)
    const before = (await world.cluster.list(LEASE)).resourceVersion
    for (let acked = 0; acked < 100; acked++) {
      presence.report(aReport('enforcing', acked))
      await world.pass(100)
    }
    const after = (await world.cluster.list(LEASE)).resourceVersion
    expect(Number(after) - Number(before)).toBeLessThanOrEqual(21)
    await world.pass(600)
    expect(reports.current?.get('policies')?.get(COMMIT)?.acked).toBe(99)
  })

  it('takes its Lease away when it closes', async () => {
    const world = await ElectionWorld.open()
    const { presence } = aPresence(world, 'one')
    await world.settle()
    expect(await leases(world)).toEqual(['plumbline-replica-one'])
    await presence.close()
    expect(await leases(world)).toEqual([])
  })

  it('is back with what is true when the cluster is, and says once that it is away', async () => {
    const world = await ElectionWorld.open()
    const { presence, way } = aPresence(world, 'one')
    const { state } = aListener(world)
    await world.pass(1_000)
    way.is('down')
    presence.report(aReport('enforcing'))
    await world.pass(30_000)
    presence.report(aReport('enforced'))
    way.is('up')
    await world.pass(10_500)
    expect(state()).toBe('enforced')
    const said = world.log.sentences.filter((sentence) => sentence.includes('of this replica'))
    expect(said).toHaveLength(1)
  })

  it('never has an old report land over a newer one', async () => {
    const world = await ElectionWorld.open()
    const { presence, way } = aPresence(world, 'one')
    const { state } = aListener(world)
    await world.pass(1_000)
    way.is('hanging')
    presence.report(aReport('enforcing'))
    await world.pass(6_000)
    presence.report(aReport('enforced'))
    way.is('lossy')
    await world.pass(6_000)
    expect(state()).toBe('enforced')
    way.is('up')
    await world.pass(1_000)
    expect(state()).toBe('enforced')
  })

  it('says that there is no namespace for its Lease', async () => {
    const world = await ElectionWorld.open()
    await world.cluster.delete({ ...NAMESPACE, namespace: '', name: 'default' })
    aPresence(world, 'one')
    await world.pass(10_000)
    expect(world.log.sentences).toEqual([
      'warn: the Lease of this replica cannot be written; it is tried again',
    ])
  })

  it('makes its Lease anew when somebody deletes it', async () => {
    const world = await ElectionWorld.open()
    aPresence(world, 'one')
    await world.pass(1_000)
    await world.cluster.delete({ ...LEASE, namespace: 'default', name: 'plumbline-replica-one' })
    await world.pass(11_000)
    expect(await leases(world)).toEqual(['plumbline-replica-one'])
  })
})
