/** Who does not lead writes nothing: judged when a write leaves, however long it was kept waiting before. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Cluster, ClusterError } from '../../../src/reconciler/cluster.ts'
import { openKubernetesCluster } from '../../../src/reconciler/cluster-kubernetes.ts'
import { gatedCluster } from '../../../src/reconciler/election/gated-cluster.ts'
import { aConfigMap, CONFIG_MAP, idOf } from '../../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../../support/embedded-cluster.ts'
import { type Answer, json, reset, status } from '../../support/fake-api-server.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { aKubernetesWorld, failure, storedMap, until } from '../../support/kubernetes-world.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'
import { aSlowTlsServer } from './slow-tls-server.ts'

const OPTIONS = { fieldManager: 'plumbline', force: true, dryRun: false }
const REFUSED = {
  code: 'Unavailable',
  message: 'this replica does not lead any more, so it writes nothing',
}
const map = aConfigMap('m', { a: '1' })
const fine = json(200, storedMap('m', '7'))

const shell = { clock: new FakeClock(), entropy: new SeededEntropy(), log: new RecordingLogger() }

function aLeader(): { isHeld: () => boolean; leads: boolean } {
  const leader = { leads: true, isHeld: () => leader.leads }
  return leader
}

/** Nothing can be seen of a call that waits for a connection but that it gets no further. */
async function untilTheyStandInLine(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const WRITES: readonly (readonly [string, (cluster: Cluster) => Promise<unknown>])[] = [
  ['apply', async (cluster) => await cluster.apply(map, OPTIONS)],
  ['create', async (cluster) => await cluster.create(map, OPTIONS)],
  ['update', async (cluster) => await cluster.update(map, OPTIONS)],
  ['delete', async (cluster) => await cluster.delete(idOf(map))],
]

describe('on the embedded cluster', () => {
  it.each(WRITES)('refuses to %s once leadership is lost', async (verb, write) => {
    const cluster = await anEmbeddedCluster({ namespaces: ['default'] })
    const leader = aLeader()
    const gated = gatedCluster(cluster, leader)
    if (verb !== 'create') await cluster.apply(aConfigMap('m'), OPTIONS)
    const before = await cluster.list(CONFIG_MAP)
    leader.leads = false
    expect(await failure(write(gated))).toMatchObject(REFUSED)
    expect(await cluster.list(CONFIG_MAP)).toEqual(before)
    leader.leads = true
    await write(gated)
    expect(await cluster.list(CONFIG_MAP)).not.toEqual(before)
  })

  it('lets whoever does not lead read, watch and ask what a write would do', async () => {
    const cluster = await anEmbeddedCluster({ namespaces: ['default'] })
    await cluster.apply(map, OPTIONS)
    const gated = gatedCluster(cluster, { isHeld: () => false })
    const asked = aConfigMap('m', { a: '2' })
    expect(await gated.apply(asked, { ...OPTIONS, dryRun: true })).toMatchObject(asked)
    expect(await gated.get(idOf(map))).toMatchObject(map)
    const { items } = await gated.list(CONFIG_MAP)
    expect(items).toHaveLength(1)
    const signal = new AbortController().signal
    for await (const event of gated.watch(CONFIG_MAP, { resourceVersion: '0', signal })) {
      expect(event).toMatchObject({ type: 'added', object: map })
      break
    }
  })
})

describe('on an API server', () => {
  it.each(WRITES)('refuses to %s without a word to the server', async (_verb, write) => {
    const { server, cluster } = await aKubernetesWorld(fine)
    const leader = aLeader()
    await write(gatedCluster(cluster, leader))
    expect(server.requests).toHaveLength(1)
    leader.leads = false
    expect(await failure(write(gatedCluster(cluster, leader)))).toMatchObject(REFUSED)
    expect(server.requests).toHaveLength(1)
  })

  it('judges a write that waited out a pause of the server when it leaves', async () => {
    const pause = status(429, 'TooManyRequests', 'slow down', { details: { retryAfterSeconds: 9 } })
    const { server, cluster, clock } = await aKubernetesWorld(pause, fine)
    const leader = aLeader()
    const gated = gatedCluster(cluster, leader)
    expect(await failure(gated.get(idOf(map)))).toMatchObject({ code: 'TooManyRequests' })
    const waiting = failure(gated.apply(map, OPTIONS))
    await until(() => clock.sleeping > 0)
    leader.leads = false
    await clock.advance(9_000)
    expect(await waiting).toMatchObject(REFUSED)
    expect(server.requests).toEqual([expect.stringContaining('GET')])
  })

  it('judges a write that waited for a connection when it gets one', async () => {
    const held: (() => void)[] = []
    const slow: Answer = (response, request) => held.push(() => fine(response, request))
    const { server, cluster } = await aKubernetesWorld(slow)
    const leader = aLeader()
    const gated = gatedCluster(cluster, leader)
    const reads = Array.from({ length: 32 }, async () => await gated.get(idOf(map)))
    await until(() => held.length === 32)
    const [lost, kept] = [failure(gated.apply(map, OPTIONS)), failure(cluster.delete(idOf(map)))]
    await untilTheyStandInLine()
    leader.leads = false
    server.answers = [fine]
    for (const answer of held) answer()
    await Promise.all(reads)
    expect(await lost).toMatchObject(REFUSED)
    expect(await kept).toEqual({ value: undefined })
    expect(server.requests.filter((request) => request.startsWith('PATCH'))).toEqual([])
  })

  it('judges a write when its connection is made and safe, not when it is begun', async () => {
    const { server, release } = await aSlowTlsServer()
    const cluster = await openKubernetesCluster({ ...shell, kubeconfig: server.kubeconfig })
    onTestFinished(() => cluster.close())
    const leader = aLeader()
    const gated = gatedCluster(cluster, leader)
    const found = gated.get(idOf(map))
    await until(() => server.waiting() === 1)
    release()
    await found
    const busy = gated.get(idOf(map))
    const waiting = failure(gated.apply(map, OPTIONS))
    await until(() => server.waiting() === 1)
    leader.leads = false
    release()
    await busy
    expect(await waiting).toMatchObject(REFUSED)
    expect(server.methods).not.toContain('PATCH')
  })

  it('judges again a write that goes out a second time, on a new connection', async () => {
    const { server, cluster } = await aKubernetesWorld(fine)
    const leader = aLeader()
    const gated = gatedCluster(cluster, leader)
    await gated.get(idOf(map))
    server.answers = [
      (response, request) => {
        leader.leads = false
        reset(response, request)
      },
      fine,
    ]
    expect(await failure(gated.apply(map, OPTIONS))).toMatchObject(REFUSED)
    expect(server.requests).toHaveLength(2)
  })

  it('sends what passes as it would without a gate', async () => {
    const { server, cluster } = await aKubernetesWorld(fine)
    const gated = gatedCluster(cluster, aLeader())
    expect(await gated.apply(map, OPTIONS)).toMatchObject({ metadata: { resourceVersion: '7' } })
    expect(JSON.parse(server.body)).toEqual(map)
    expect(await gated.apply(map, { ...OPTIONS, dryRun: true })).toBeDefined()
  })

  it('asks a dry run of nobody', async () => {
    const { server, cluster } = await aKubernetesWorld(fine)
    const gated = gatedCluster(cluster, { isHeld: () => false })
    await gated.apply(map, { ...OPTIONS, dryRun: true })
    expect(server.requests).toEqual([expect.stringContaining('dryRun=All')])
  })

  it('holds for a service account whose rights are used, too', async () => {
    const { server, cluster } = await aKubernetesWorld(fine)
    const leader = aLeader()
    const gated = gatedCluster(cluster.as({ namespace: 'team', name: 'policy' }), leader)
    await gated.apply(map, OPTIONS)
    expect(server.headers['impersonate-user']).toBe('system:serviceaccount:team:policy')
    leader.leads = false
    expect(await failure(gated.apply(map, OPTIONS))).toMatchObject(REFUSED)
  })
})

it('passes on what the cluster says', async () => {
  const cluster = await anEmbeddedCluster({ namespaces: ['default'] })
  const gated = gatedCluster(cluster, aLeader())
  await expect(gated.delete(idOf(map))).rejects.toThrow(ClusterError)
  expect(await failure(gated.delete(idOf(map)))).toMatchObject({ code: 'NotFound' })
})
