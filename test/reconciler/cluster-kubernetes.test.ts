/** What the Kubernetes adapter makes of calls to an API server in trouble (the promises it keeps on a well one: test/real). */
import { expect, it } from 'vitest'
import { openKubernetesCluster } from '../../src/reconciler/cluster-kubernetes.ts'
import { aConfigMap, aSplit, CONFIG_MAP, idOf, NAMESPACE } from '../support/cluster-objects.ts'
import {
  aFakeApiServer,
  json,
  plainText,
  reset,
  silence,
  status,
  watching,
} from '../support/fake-api-server.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { aKubernetesWorld, failure, listed, storedMap, until } from '../support/kubernetes-world.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { SeededEntropy } from '../support/seeded-entropy.ts'

const MAP = idOf(aConfigMap('m'))

it('says where it cannot reach an API server, and nothing of the credentials', async () => {
  const { server, cluster } = await aKubernetesWorld()
  await cluster.get(MAP)
  expect(server.headers.authorization).toBe('Bearer a-secret-token')
  const { url } = server
  server.close()
  const refused = await failure(cluster.get(MAP))
  expect(refused).toMatchObject({ code: 'Unavailable' })
  expect(JSON.stringify(refused)).toContain(`the API server at ${url} cannot be asked`)
  expect(JSON.stringify(refused)).not.toContain('a-secret-token')
})

it('gives up on a call that is not answered within 30 s', async () => {
  const world = await aKubernetesWorld(silence)
  const call = failure(world.cluster.get(MAP))
  await until(() => world.server.requests.length === 1)
  await world.clock.advance(29_999)
  expect(await Promise.race([call, 'still waiting'])).toBe('still waiting')
  await world.clock.advance(1)
  expect(await call).toMatchObject({
    code: 'Unavailable',
    message: expect.stringContaining('no answer for 30 s') as string,
  })
})

it('gives up on an answer that begins and does not end', async () => {
  const world = await aKubernetesWorld(watching('{"kind":'))
  const call = failure(world.cluster.get(MAP))
  await until(() => world.server.requests.length === 1)
  await world.clock.advance(30_000)
  expect(await call).toMatchObject({ code: 'Unavailable' })
})

it('has no more than 32 calls under way, whatever is asked of it', async () => {
  const world = await aKubernetesWorld(silence)
  const calls = Array.from({ length: 100 }, () => failure(world.cluster.get(MAP)))
  await until(() => world.server.requests.length >= 32)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(world.server.requests).toHaveLength(32)
  await world.clock.advance(30_000)
  expect(new Set((await Promise.all(calls)).map((one) => (one as { code: string }).code))).toEqual(
    new Set(['Unavailable']),
  )
})

it('leaves a server that asks for a pause alone for that long', async () => {
  const busy = plainText(429, 'Too many requests', { 'retry-after': '7' })
  const world = await aKubernetesWorld(busy, listed('5'))
  expect(await failure(world.cluster.get(MAP))).toMatchObject({
    code: 'TooManyRequests',
    retryAfterMs: 7_000,
  })
  const next = world.cluster.list(CONFIG_MAP)
  await world.clock.advance(6_999)
  expect(world.server.requests).toHaveLength(1)
  await world.clock.advance(1)
  expect(await next).toEqual({ items: [], resourceVersion: '5' })
})

it('reads the pause from the body, too, and takes no more than a minute of it', async () => {
  const details = { details: { retryAfterSeconds: 3600 } }
  const world = await aKubernetesWorld(
    status(503, 'ServiceUnavailable', 'starting', details),
    listed('5'),
  )
  expect(await failure(world.cluster.get(MAP))).toMatchObject({
    code: 'Unavailable',
    retryAfterMs: 3_600_000,
  })
  const next = world.cluster.list(CONFIG_MAP)
  await world.clock.advance(60_000)
  expect(await next).toMatchObject({ resourceVersion: '5' })
})

it.each([
  ['a field of another manager', status(409, 'Conflict'), 'Conflict'],
  ['an object that is there', status(409, 'AlreadyExists'), 'AlreadyExists'],
  ['an object that is not there', status(404, 'NotFound'), 'NotFound'],
  ['a field that is wrong', status(422, 'Invalid'), 'Invalid'],
  ['a body that cannot be read', status(400, 'BadRequest'), 'Invalid'],
  ['somebody without the right', status(403, 'Forbidden'), 'Forbidden'],
  ['somebody unknown', status(401, 'Unauthorized'), 'Forbidden'],
  [
    'a webhook that does not answer',
    status(500, 'InternalError', 'failed calling webhook "a": context deadline exceeded'),
    'Forbidden',
  ],
  [
    'a server without its etcd',
    status(500, 'InternalError', 'etcdserver: no leader'),
    'Unavailable',
  ],
  ['a proxy without a server', plainText(502, 'Bad Gateway'), 'Unavailable'],
  ['what is no JSON', plainText(200, '<html>'), 'Unavailable'],
  ['a reset', reset, 'Unavailable'],
])('translates %s', async (_what, answer, code) => {
  const { cluster } = await aKubernetesWorld(answer)
  const applied = cluster.apply(aConfigMap('m'), {
    fieldManager: 'git',
    force: false,
    dryRun: true,
  })
  expect(await failure(applied)).toMatchObject({ code })
})

it('asks an apply for all it needs: the manager, the force, the trial and no field dropped', async () => {
  const { server, cluster } = await aKubernetesWorld(json(200, aConfigMap('m')))
  await cluster.apply(aConfigMap('m'), { fieldManager: 'git', force: true, dryRun: true })
  expect(server.requests).toEqual([
    'PATCH /api/v1/namespaces/default/configmaps/m?fieldManager=git&force=true&dryRun=All&fieldValidation=Strict',
  ])
  expect(server.headers['content-type']).toBe('application/apply-patch+yaml')
})

it('sends the preconditions of a delete so that the server reads them', async () => {
  const { server, cluster } = await aKubernetesWorld(json(200, {}))
  await cluster.delete(MAP, { uid: 'u', resourceVersion: '5' })
  expect(JSON.parse(server.body)).toEqual({
    ...{ kind: 'DeleteOptions', apiVersion: 'v1' },
    preconditions: { uid: 'u', resourceVersion: '5' },
  })
  expect(server.headers['content-length']).toBe(String(server.body.length))
})

it('names the kind that has gone, and finds it again when it is back', async () => {
  const { server, cluster } = await aKubernetesWorld(
    plainText(404, '404 page not found'),
    listed('5'),
  )
  expect(await failure(cluster.list(CONFIG_MAP))).toMatchObject({
    code: 'KindNotServed',
    message: 'the cluster serves no kind ConfigMap at v1 any more',
  })
  expect(await cluster.list(CONFIG_MAP)).toMatchObject({ resourceVersion: '5' })
  expect(await failure(cluster.get(idOf(aSplit('s'))))).toMatchObject({ code: 'KindNotServed' })
  expect(server.requests).toHaveLength(2)
})

it('asks once more on a new connection when the server has closed an idle one', async () => {
  const { server, cluster } = await aKubernetesWorld(
    json(200, storedMap('m', '1')),
    reset,
    listed('5'),
  )
  await cluster.get(MAP)
  expect(await cluster.list(CONFIG_MAP)).toMatchObject({ resourceVersion: '5' })
  expect(server.requests.slice(1)).toEqual([
    'GET /api/v1/configmaps?limit=500',
    'GET /api/v1/configmaps?limit=500',
  ])
})

it('creates once only, even so: nobody knows whether the first one was taken', async () => {
  const { server, cluster } = await aKubernetesWorld(
    json(200, storedMap('m', '1')),
    reset,
    json(201, {}),
  )
  await cluster.get(MAP)
  const created = cluster.create(aConfigMap('n'), { fieldManager: 'x' })
  expect(await failure(created)).toMatchObject({ code: 'Unavailable' })
  expect(server.requests).toHaveLength(2)
})

it('lists page by page, and says of every item what kind it is', async () => {
  const { apiVersion: _version, kind: _kind, ...bare } = storedMap('a', '3')
  const { server, cluster } = await aKubernetesWorld(
    json(200, { metadata: { resourceVersion: '5', continue: 'next one' }, items: [bare] }),
    listed('5', [storedMap('b', '4')]),
  )
  expect(await cluster.list(CONFIG_MAP, { labels: { a: 'b' } })).toEqual({
    items: [storedMap('a', '3'), storedMap('b', '4')],
    resourceVersion: '5',
  })
  expect(server.requests).toEqual([
    'GET /api/v1/configmaps?labelSelector=a%3Db&limit=500',
    'GET /api/v1/configmaps?labelSelector=a%3Db&limit=500&continue=next+one',
  ])
})

it('lists all at once when the server has forgotten the moment of the pages', async () => {
  const { server, cluster } = await aKubernetesWorld(
    json(200, {
      metadata: { resourceVersion: '5', continue: 'next' },
      items: [storedMap('a', '3')],
    }),
    status(410, 'Expired'),
    listed('9', [storedMap('b', '8')]),
  )
  expect(await cluster.list(NAMESPACE)).toMatchObject({
    items: [{ metadata: { name: 'b' } }],
    resourceVersion: '9',
  })
  expect(server.requests.at(-1)).toBe('GET /api/v1/namespaces')
})

it.each([
  [{ kubeconfig: '/nowhere/kubeconfig' }, '/nowhere/kubeconfig cannot be read as a kubeconfig'],
  [{ context: 'two' }, 'there is no context "two" in the kubeconfig; there are: one, broken'],
  [{ context: 'broken' }, 'names no cluster; choose another with --context: one, broken'],
])('refuses %o before it asks anything', async (given, message) => {
  const server = await aFakeApiServer()
  const opened = openKubernetesCluster({
    kubeconfig: await server.kubeconfig(),
    ...given,
    ...{ clock: new FakeClock(), entropy: new SeededEntropy(), log: new RecordingLogger() },
  })
  expect(await failure(opened)).toMatchObject({
    code: 'Invalid',
    message: expect.stringContaining(message) as string,
  })
})

it('sends no credentials in the clear unless the kubeconfig says so', async () => {
  const server = await aFakeApiServer()
  const opened = openKubernetesCluster({
    kubeconfig: await server.kubeconfig({}),
    ...{ clock: new FakeClock(), entropy: new SeededEntropy(), log: new RecordingLogger() },
  })
  expect(await failure(opened)).toMatchObject({
    code: 'Invalid',
    message: expect.stringContaining('credentials are not sent in the clear') as string,
  })
})
