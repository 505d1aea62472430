/** What a start makes of an API server that is not there, not well, or not the right one. */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { ClusterError } from '../../../src/reconciler/cluster.ts'
import { openKubernetesCluster } from '../../../src/reconciler/cluster-kubernetes.ts'
import { untilReachable } from '../../../src/reconciler/kubernetes/until-reachable.ts'
import { clientCertificate } from '../../real/kube/client-certificate.ts'
import { CONFIG_MAP } from '../../support/cluster-objects.ts'
import { aFakeApiServer, plainText, status } from '../../support/fake-api-server.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  aKubernetesWorld,
  failure,
  type KubernetesWorld,
  listed,
  untilLater,
} from '../../support/kubernetes-world.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

const NEVER = new AbortController().signal
const WAITING = 'warn: waiting for the API server'

function reaching(
  { clock, cluster }: Omit<KubernetesWorld, 'server'>,
  signal = NEVER,
): { readonly log: RecordingLogger; readonly reached: Promise<unknown> } {
  const log = new RecordingLogger()
  const options = { clock, entropy: new SeededEntropy(), log }
  return { log, reached: untilReachable(() => cluster.list(CONFIG_MAP), options, signal) }
}

it('waits for an API server that is down, asking ever less often, and goes on when it comes', async () => {
  const world = await aKubernetesWorld(listed('5'))
  world.server.close()
  const { log, reached } = reaching(world)
  await untilLater(world, 1_000, () => log.sentences.length >= 10)
  const pauses = log.lines.map(({ fields }) => Number(fields['pauseMs']))
  expect(pauses[0]).toBeLessThanOrEqual(500)
  expect(Math.max(...pauses)).toBeGreaterThan(10_000)
  expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000)
  expect(new Set(log.sentences)).toEqual(new Set([WAITING]))
  expect(log.lines[0]?.fields['error']).toContain(`the API server at ${world.server.url} cannot be`)
  await world.server.listen()
  let isReached = false
  void reached.then(() => {
    isReached = true
  })
  await untilLater(world, 1_000, () => isReached)
  expect(await reached).toMatchObject({ resourceVersion: '5' })
  expect(log.sentences.at(-1)).toBe('the API server is there')
})

it('waits for one that is starting, for as long as it asks', async () => {
  const starting = plainText(503, 'starting', { 'retry-after': '7' })
  const world = await aKubernetesWorld(starting, listed('5'))
  const { log, reached } = reaching(world)
  await untilLater(world, 0, () => log.sentences.length === 1)
  await world.clock.advance(6_999)
  expect(world.server.requests).toHaveLength(1)
  await world.clock.advance(1)
  expect(await reached).toMatchObject({ resourceVersion: '5' })
})

it('says nothing where nothing is the matter', async () => {
  const { log, reached } = reaching(await aKubernetesWorld(listed('5')))
  await reached
  expect(log.lines).toEqual([])
})

it.each([
  ['who is not known', status(401, 'Unauthorized'), 'Forbidden'],
  ['who may not', status(403, 'Forbidden'), 'Forbidden'],
  ['what is wrong', status(422, 'Invalid'), 'Invalid'],
])('does not wait for %s', async (_what, answer, code) => {
  const { log, reached } = reaching(await aKubernetesWorld(answer))
  expect(await failure(reached)).toMatchObject({ code })
  expect(log.lines).toEqual([])
})

it('does not wait for a server that the kubeconfig does not trust', async () => {
  const { authorityPem, certificatePem, keyPem } = clientCertificate('localhost', 'nobody')
  const server = createServer({ cert: `${certificatePem}${authorityPem}`, key: keyPem })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const fake = await aFakeApiServer()
  const kubeconfig = await fake.kubeconfig({ server: `https://127.0.0.1:${port}` })
  const clock = new FakeClock()
  const cluster = await openKubernetesCluster({
    ...{ kubeconfig, clock, entropy: new SeededEntropy(), log: new RecordingLogger() },
  })
  onTestFinished(() => cluster.close())
  const { log, reached } = reaching({ clock, cluster })
  expect(await failure(reached)).toMatchObject({ code: 'Unavailable' })
  expect(log.lines).toEqual([])
})

it('does not wait for a credential plugin that is not there', async () => {
  const missing = Object.assign(new Error('spawn aws ENOENT'), { code: 'ENOENT' })
  const clock = new FakeClock()
  const options = { clock, entropy: new SeededEntropy(), log: new RecordingLogger() }
  const action = () =>
    Promise.reject(new ClusterError('Unavailable', 'spawn aws ENOENT', { cause: missing }))
  expect(await failure(untilReachable(action, options, NEVER))).toMatchObject({
    message: 'spawn aws ENOENT',
  })
})

it('ends when it is told to', async () => {
  const world = await aKubernetesWorld()
  world.server.close()
  const stop = new AbortController()
  const { log, reached } = reaching(world, stop.signal)
  await untilLater(world, 0, () => log.sentences.length === 1)
  stop.abort(new Error('SIGTERM'))
  expect(await failure(reached)).toMatchObject({ message: 'SIGTERM' })
})
