/** Whose rights the Kubernetes adapter asks the API server to judge a call by (what the server makes of it: test/real). */
import { readFile, writeFile } from 'node:fs/promises'
import { expect, it, onTestFinished } from 'vitest'
import { openKubernetesCluster } from '../../../src/reconciler/cluster-kubernetes.ts'
import { aConfigMap, CONFIG_MAP, idOf } from '../../support/cluster-objects.ts'
import { aFakeApiServer, status, watching } from '../../support/fake-api-server.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { aKubernetesWorld, failure, listed, until } from '../../support/kubernetes-world.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

const HEADER = 'impersonate-user'
const ACCOUNT = { namespace: 'team-a', name: 'deployer' }
const ACCOUNT_NAME = 'system:serviceaccount:team-a:deployer'

it('acts as a service account in every call, and as itself beside it', async () => {
  const { server, cluster } = await aKubernetesWorld(listed('5'))
  const account = cluster.as(ACCOUNT)
  const calls = [
    () => account.get(idOf(aConfigMap('m'))),
    () => account.list(CONFIG_MAP),
    () => account.apply(aConfigMap('m'), { fieldManager: 'x', force: true, dryRun: true }),
    () => account.create(aConfigMap('m'), { fieldManager: 'x' }),
    () => account.update(aConfigMap('m'), { fieldManager: 'x' }),
    () => account.delete(idOf(aConfigMap('m'))),
  ]
  for (const call of calls) {
    await call()
    expect(server.headers[HEADER]).toBe(ACCOUNT_NAME)
    await cluster.list(CONFIG_MAP)
    expect(server.headers).not.toHaveProperty(HEADER)
  }
  // The server knows the groups of a service account; naming them would take the right to impersonate every one.
  expect(server.headers).not.toHaveProperty('impersonate-group')
})

it('watches as a service account', async () => {
  const { server, cluster } = await aKubernetesWorld(watching())
  const stop = new AbortController()
  const options = { resourceVersion: '5', signal: stop.signal }
  const watch = cluster.as(ACCOUNT).watch(CONFIG_MAP, options)[Symbol.asyncIterator]()
  const ended = watch.next()
  await until(() => server.requests.length === 1)
  expect(server.headers[HEADER]).toBe(ACCOUNT_NAME)
  stop.abort()
  await ended
})

it('names the service account whose rights are missing', async () => {
  const { cluster } = await aKubernetesWorld(status(403, 'Forbidden', 'you cannot impersonate'))
  expect(await failure(cluster.as(ACCOUNT).list(CONFIG_MAP))).toMatchObject({
    code: 'Forbidden',
    message: 'as the service account team-a/deployer: you cannot impersonate',
  })
  expect(await failure(cluster.list(CONFIG_MAP))).toMatchObject({
    message: 'you cannot impersonate',
  })
})

it('acts as the service account it is told of, whomever the kubeconfig impersonates', async () => {
  const server = await aFakeApiServer(listed('5'))
  const kubeconfig = await server.kubeconfig()
  const config = JSON.parse(await readFile(kubeconfig, 'utf8')) as { users: { user: object }[] }
  const users = config.users.map((one) => ({ ...one, user: { ...one.user, as: 'root' } }))
  await writeFile(kubeconfig, JSON.stringify({ ...config, users }))
  const cluster = await openKubernetesCluster({
    kubeconfig,
    ...{ clock: new FakeClock(), entropy: new SeededEntropy(), log: new RecordingLogger() },
  })
  onTestFinished(() => cluster.close())
  await cluster.list(CONFIG_MAP)
  expect(server.headers[HEADER]).toBe('root')
  await cluster.as(ACCOUNT).list(CONFIG_MAP)
  expect(server.headers[HEADER]).toBe(ACCOUNT_NAME)
})

it.each([
  { namespace: 'a:b', name: 'c' },
  { namespace: '', name: 'c' },
  { namespace: 'a', name: '' },
  { namespace: 'a', name: 'b:c' },
  { namespace: 'a', name: 'b\r\nx: y' },
])('asks nothing as %o, which can be no service account', async (account) => {
  const { server, cluster } = await aKubernetesWorld(listed('5'))
  expect(() => cluster.as(account)).toThrow('there can be no service account')
  expect(server.requests).toEqual([])
})
