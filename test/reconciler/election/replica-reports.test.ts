/** Whom the leader counts, and when it forgets one: on stepped clocks and an embedded cluster. */
import { describe, expect, it } from 'vitest'
import { REPLICA_LABELS } from '../../../src/reconciler/election/replica-lease.ts'
import { ElectionWorld } from './election-world.ts'
import { aListener, aPresence, aReport, leases } from './replica-world.ts'

describe('the leader', () => {
  it('takes a commit for enforced when the last replica says so, and is told of each change once', async () => {
    const world = await ElectionWorld.open()
    const [one, two] = [aPresence(world, 'one'), aPresence(world, 'two')]
    await world.settle()
    const { state, heard } = aListener(world)
    await world.pass(1_000)
    one.presence.report(aReport('enforced'))
    await world.pass(1_000)
    expect(state()).toBe('enforcing')
    two.presence.report(aReport('enforced'))
    await world.pass(1_000)
    expect(state()).toBe('enforced')
    const changes = heard.length
    await world.pass(60_000)
    expect(heard).toHaveLength(changes)
  })

  it('waits for a replica that has just come', async () => {
    const world = await ElectionWorld.open()
    const { presence } = aPresence(world, 'one')
    const { state } = aListener(world)
    presence.report(aReport('enforced'))
    await world.pass(1_000)
    expect(state()).toBe('enforced')
    aPresence(world, 'two')
    await world.pass(1_000)
    expect(state()).toBe('enforcing')
  })

  it('forgets a replica that was silent for 30 s, and not one that closed later than at once', async () => {
    const world = await ElectionWorld.open()
    const [one, two, three] = ['one', 'two', 'three'].map((name) => aPresence(world, name))
    const { state, reports } = aListener(world)
    one?.presence.report(aReport('enforced'))
    await world.pass(1_000)
    await three?.presence.close()
    await world.settle()
    expect([...reports.replicas.keys()]).toEqual(['one', 'two'])
    two?.way.is('hanging')
    await world.pass(20_000)
    expect(state()).toBe('enforcing')
    await world.pass(12_000)
    expect(state()).toBe('enforced')
    expect([...reports.replicas.keys()]).toEqual(['one'])
    expect(world.log.sentences).toContain('warn: a replica is gone')
  })

  it('counts a replica again that was only away', async () => {
    const world = await ElectionWorld.open()
    const [one, two] = [aPresence(world, 'one'), aPresence(world, 'two')]
    const { state, reports } = aListener(world)
    one.presence.report(aReport('enforced'))
    two.way.is('down')
    await world.pass(60_000)
    two.way.is('up')
    await world.pass(11_000)
    expect([...reports.replicas.keys()].toSorted()).toEqual(['one', 'two'])
    expect(state()).toBe('enforcing')
  })

  it('forgets nobody on the word of a watch that is silent', async () => {
    const world = await ElectionWorld.open()
    const [one, two] = [aPresence(world, 'one'), aPresence(world, 'two')]
    const { reports, state, way } = aListener(world)
    one.presence.report(aReport('enforced'))
    await world.pass(1_000)
    for (const reach of ['deaf', 'hanging', 'down'] as const) {
      way.is(reach)
      await world.pass(120_000)
      expect([...reports.replicas.keys()].toSorted()).toEqual(['one', 'two'])
      expect(state()).toBe('enforcing')
      way.is('up')
      await world.pass(15_000)
    }
    two.presence.report(aReport('enforced'))
    await world.pass(1_000)
    expect(state()).toBe('enforced')
  })

  it('removes the Lease of a replica that is gone for five minutes, and no other', async () => {
    const world = await ElectionWorld.open()
    const two = aPresence(world, 'two')
    aPresence(world, 'one')
    aListener(world)
    await world.pass(1_000)
    two.way.is('down')
    await world.pass(280_000)
    expect(await leases(world)).toEqual(['plumbline-replica-one', 'plumbline-replica-two'])
    await world.pass(30_000)
    expect(await leases(world)).toEqual(['plumbline-replica-one'])
  })

  it('lets a replica without a report it can read hold back what the others enforce', async () => {
    const world = await ElectionWorld.open()
    const { presence } = aPresence(world, 'one')
    const { state } = aListener(world)
    presence.report(aReport('enforced'))
    await world.pass(1_000)
    const metadata = { namespace: 'default', name: 'plumbline-replica-odd', labels: REPLICA_LABELS }
    await world.cluster.create(
      { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata },
      { fieldManager: 'somebody' },
    )
    await world.pass(1_000)
    expect(state()).toBe('enforcing')
    expect(world.log.sentences).toContain(
      'warn: a replica reports what cannot be read; it holds every commit back',
    )
  })

  it('hears of Leases in its own namespace with the label, and of no others', async () => {
    const world = await ElectionWorld.open()
    await world.cluster.ensureNamespaces(['other'])
    const lease = (namespace: string, name: string, labels: Readonly<Record<string, string>>) =>
      world.cluster.create(
        {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { namespace, name, labels },
        },
        { fieldManager: 'somebody' },
      )
    await lease('other', 'plumbline-replica-x', REPLICA_LABELS)
    await lease('default', 'plumbline-leader', {})
    const { reports } = aListener(world)
    await world.settle()
    expect(reports.current).toBeDefined()
    await lease('other', 'plumbline-replica-y', REPLICA_LABELS)
    await lease('default', 'somebodys', {})
    await lease('default', 'plumbline-replica-z', REPLICA_LABELS)
    await world.pass(1_000)
    expect([...reports.replicas.keys()]).toEqual(['plumbline-replica-z'])
  })
})
