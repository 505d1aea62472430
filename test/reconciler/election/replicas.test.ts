/** Replicas that say they are there, and the leader that listens: on stepped clocks and an embedded cluster. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { toCommitSha } from '../../../src/model/commit-sha.ts'
import type { JoinedReports } from '../../../src/reconciler/election/join-reports.ts'
import { LEASE } from '../../../src/reconciler/election/lease.ts'
import { replicaIdentity } from '../../../src/reconciler/election/replica-identity.ts'
import { REPLICA_LABELS } from '../../../src/reconciler/election/replica-lease.ts'
import { ReplicaPresence } from '../../../src/reconciler/election/replica-presence.ts'
import type { ReplicaReport } from '../../../src/reconciler/election/replica-report.ts'
import { ReplicaReports } from '../../../src/reconciler/election/replica-reports.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'
import { ElectionWorld, type Way } from './election-world.ts'

const COMMIT = toCommitSha('c'.repeat(40))

function aReport(state: 'enforcing' | 'enforced', acked = 0): ReplicaReport {
  const report = { commit: COMMIT, state, touched: 3, acked, nacked: [], nackedTotal: 0 }
  return { proxies: 3, repositories: { policies: report } }
}

interface TestPresence {
  readonly presence: ReplicaPresence
  readonly way: Way
}

function aPresence(world: ElectionWorld, identity: string): TestPresence {
  const way = world.way()
  const { clock, log } = world
  const entropy = new SeededEntropy()
  const shell = { clock, log, entropy, namespace: 'default', identity }
  const presence = new ReplicaPresence({ ...shell, cluster: way })
  onTestFinished(async () => {
    way.is('down')
    await presence.close()
  })
  return { presence, way }
}

interface Listener {
  readonly reports: ReplicaReports
  readonly way: Way
  readonly heard: JoinedReports[]
  state(): string | undefined
}

function aListener(world: ElectionWorld): Listener {
  const way = world.way()
  const { clock, log } = world
  const heard: JoinedReports[] = []
  const entropy = new SeededEntropy()
  const shell = { clock, log, entropy, namespace: 'default', cluster: way }
  const reports = new ReplicaReports({ ...shell, onChange: (joined) => heard.push(joined) })
  onTestFinished(async () => {
    way.is('up')
    await reports.close()
  })
  const state = () => reports.current?.get('policies')?.get(COMMIT)?.state
  return { reports, way, heard, state }
}

async function leases(world: ElectionWorld): Promise<readonly string[]> {
  const { items } = await world.cluster.list(LEASE, { namespace: 'default' })
  return items.map(({ metadata }) => metadata.name)
}

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
    await world.pass(4_000)
    presence.report(aReport('enforced'))
    await world.pass(20_000)
    way.is('up')
    await world.pass(12_000)
    expect(state()).toBe('enforced')
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
    for (const reach of ['hanging', 'down'] as const) {
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
    const { reports } = aListener(world)
    await world.settle()
    await lease('other', 'plumbline-replica-x', REPLICA_LABELS)
    await lease('default', 'plumbline-leader', {})
    await lease('default', 'plumbline-replica-y', REPLICA_LABELS)
    await world.pass(1_000)
    expect([...reports.replicas.keys()]).toEqual(['plumbline-replica-y'])
  })
})

describe('the name of a replica', () => {
  it.each([
    ['a-pod-7d9f', /^a-pod-7d9f-[0-9a-f]{10}$/],
    ['Host.Example.COM', /^host-example-com-[0-9a-f]{10}$/],
    ['', /^replica-[0-9a-f]{10}$/],
    ['-ü-', /^replica-[0-9a-f]{10}$/],
    ['x'.repeat(300), /^x{32}-[0-9a-f]{10}$/],
  ])('of %j is good for a Lease and a label', (host, pattern) => {
    expect(replicaIdentity(host, new SeededEntropy())).toMatch(pattern)
  })

  it('is another at every start', () => {
    const entropy = new SeededEntropy()
    expect(replicaIdentity('host', entropy)).not.toBe(replicaIdentity('host', entropy))
  })
})
