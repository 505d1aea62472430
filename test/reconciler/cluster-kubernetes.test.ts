/** What the Kubernetes adapter makes of an API server in trouble (the promises it keeps on a well one: test/real). */
import { expect, it, onTestFinished } from 'vitest'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import type { WatchEvent } from '../../src/reconciler/cluster.ts'
import {
  type KubernetesCluster,
  openKubernetesCluster,
} from '../../src/reconciler/cluster-kubernetes.ts'
import { reflect } from '../../src/reconciler/reflect.ts'
import { aConfigMap, aSplit, CONFIG_MAP, idOf, NAMESPACE } from '../support/cluster-objects.ts'
import {
  type Answer,
  aFakeApiServer,
  type FakeApiServer,
  json,
  plainText,
  reset,
  silence,
  status,
  watched,
  watching,
} from '../support/fake-api-server.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { SeededEntropy } from '../support/seeded-entropy.ts'

interface World {
  readonly server: FakeApiServer
  readonly cluster: KubernetesCluster
  readonly clock: FakeClock
}

async function aWorld(...answers: Answer[]): Promise<World> {
  const server = await aFakeApiServer(...answers)
  const clock = new FakeClock()
  const cluster = await openKubernetesCluster({
    kubeconfig: await server.kubeconfig(),
    ...{ clock, entropy: new SeededEntropy(), log: new RecordingLogger() },
  })
  onTestFinished(() => cluster.close())
  return { server, cluster, clock }
}

const MAP = idOf(aConfigMap('m'))

function stored(name: string, resourceVersion: string): KubernetesObject {
  const object = aConfigMap(name)
  return { ...object, metadata: { ...object.metadata, resourceVersion } }
}

function event(type: string, name: string, resourceVersion: string): object {
  return { type, object: stored(name, resourceVersion) }
}

const GONE = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }

function list(resourceVersion: string, items: readonly KubernetesObject[] = []): Answer {
  return json(200, { metadata: { resourceVersion }, items })
}

async function failure(action: Promise<unknown>): Promise<unknown> {
  return await action.then(
    (value) => ({ value }),
    ({ code, message, retryAfterMs }: Record<string, unknown>) => ({ code, message, retryAfterMs }),
  )
}

/** Everything a watch says before it fails, and how it does. */
async function follow(cluster: KubernetesCluster, from = '5'): Promise<readonly unknown[]> {
  const said: unknown[] = []
  const signal = new AbortController().signal
  try {
    for await (const one of cluster.watch(CONFIG_MAP, { resourceVersion: from, signal }))
      said.push(print(one))
  } catch (error) {
    said.push((error as { readonly code?: string }).code ?? error)
  }
  return said
}

function print(one: WatchEvent): string {
  return one.type === 'bookmark'
    ? `bookmark ${one.resourceVersion}`
    : `${one.type} ${one.object.metadata.name}`
}

/** Lets the network happen; the test's own time limit bounds it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** The same, with time going on in steps. */
async function untilLater({ clock }: World, stepMs: number, holds: () => boolean): Promise<void> {
  while (!holds()) {
    await clock.advance(stepMs)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

it('says where it cannot reach an API server, and nothing of the credentials', async () => {
  const { server, cluster } = await aWorld()
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
  const world = await aWorld(silence)
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
  const world = await aWorld(watching('{"kind":'))
  const call = failure(world.cluster.get(MAP))
  await until(() => world.server.requests.length === 1)
  await world.clock.advance(30_000)
  expect(await call).toMatchObject({ code: 'Unavailable' })
})

it('has no more than 32 calls under way, whatever is asked of it', async () => {
  const world = await aWorld(silence)
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
  const world = await aWorld(busy, list('5'))
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
  const world = await aWorld(status(503, 'ServiceUnavailable', 'starting', details), list('5'))
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
  const { cluster } = await aWorld(answer)
  const applied = cluster.apply(aConfigMap('m'), {
    fieldManager: 'git',
    force: false,
    dryRun: true,
  })
  expect(await failure(applied)).toMatchObject({ code })
})

it('asks an apply for all it needs: the manager, the force, the trial and no field dropped', async () => {
  const { server, cluster } = await aWorld(json(200, aConfigMap('m')))
  await cluster.apply(aConfigMap('m'), { fieldManager: 'git', force: true, dryRun: true })
  expect(server.requests).toEqual([
    'PATCH /api/v1/namespaces/default/configmaps/m?fieldManager=git&force=true&dryRun=All&fieldValidation=Strict',
  ])
  expect(server.headers['content-type']).toBe('application/apply-patch+yaml')
})

it('sends the preconditions of a delete so that the server reads them', async () => {
  const { server, cluster } = await aWorld(json(200, {}))
  await cluster.delete(MAP, { uid: 'u', resourceVersion: '5' })
  expect(JSON.parse(server.body)).toEqual({
    ...{ kind: 'DeleteOptions', apiVersion: 'v1' },
    preconditions: { uid: 'u', resourceVersion: '5' },
  })
  expect(server.headers['content-length']).toBe(String(server.body.length))
})

it('names the kind that has gone, and finds it again when it is back', async () => {
  const { server, cluster } = await aWorld(plainText(404, '404 page not found'), list('5'))
  expect(await failure(cluster.list(CONFIG_MAP))).toMatchObject({
    code: 'KindNotServed',
    message: 'the cluster serves no kind ConfigMap at v1 any more',
  })
  expect(await cluster.list(CONFIG_MAP)).toMatchObject({ resourceVersion: '5' })
  expect(await failure(cluster.get(idOf(aSplit('s'))))).toMatchObject({ code: 'KindNotServed' })
  expect(server.requests).toHaveLength(2)
})

it('asks once more on a new connection when the server has closed an idle one', async () => {
  const { server, cluster } = await aWorld(json(200, stored('m', '1')), reset, list('5'))
  await cluster.get(MAP)
  expect(await cluster.list(CONFIG_MAP)).toMatchObject({ resourceVersion: '5' })
  expect(server.requests.slice(1)).toEqual([
    'GET /api/v1/configmaps?limit=500',
    'GET /api/v1/configmaps?limit=500',
  ])
})

it('creates once only, even so: nobody knows whether the first one was taken', async () => {
  const { server, cluster } = await aWorld(json(200, stored('m', '1')), reset, json(201, {}))
  await cluster.get(MAP)
  const created = cluster.create(aConfigMap('n'), { fieldManager: 'x' })
  expect(await failure(created)).toMatchObject({ code: 'Unavailable' })
  expect(server.requests).toHaveLength(2)
})

it('lists page by page, and says of every item what kind it is', async () => {
  const { apiVersion: _version, kind: _kind, ...bare } = stored('a', '3')
  const { server, cluster } = await aWorld(
    json(200, { metadata: { resourceVersion: '5', continue: 'next one' }, items: [bare] }),
    list('5', [stored('b', '4')]),
  )
  expect(await cluster.list(CONFIG_MAP, { labels: { a: 'b' } })).toEqual({
    items: [stored('a', '3'), stored('b', '4')],
    resourceVersion: '5',
  })
  expect(server.requests).toEqual([
    'GET /api/v1/configmaps?labelSelector=a%3Db&limit=500',
    'GET /api/v1/configmaps?labelSelector=a%3Db&limit=500&continue=next+one',
  ])
})

it('lists all at once when the server has forgotten the moment of the pages', async () => {
  const { server, cluster } = await aWorld(
    json(200, { metadata: { resourceVersion: '5', continue: 'next' }, items: [stored('a', '3')] }),
    status(410, 'Expired'),
    list('9', [stored('b', '8')]),
  )
  expect(await cluster.list(NAMESPACE)).toMatchObject({
    items: [{ metadata: { name: 'b' } }],
    resourceVersion: '9',
  })
  expect(server.requests.at(-1)).toBe('GET /api/v1/namespaces')
})

it('says Expired however the server says it', async () => {
  const inAnswer = await aWorld(status(410, 'Expired'))
  expect(await follow(inAnswer.cluster)).toEqual(['Expired'])
  const inStream = await aWorld(watched(event('ADDED', 'a', '6'), { type: 'ERROR', object: GONE }))
  expect(await follow(inStream.cluster)).toEqual(['added a', 'Expired'])
})

it('goes on where it was when the server ends a watch in good time', async () => {
  let end = (): unknown => undefined
  const world = await aWorld(
    (response, request) => {
      watching(event('ADDED', 'a', '6'))(response, request)
      end = () => response.end()
    },
    watched({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } }),
  )
  const said = follow(world.cluster)
  await until(() => world.server.requests.length === 1)
  await world.clock.advance(100_000)
  end()
  expect(await said).toEqual(['added a', 'bookmark 9', 'Unavailable'])
  const [first = '', second = ''] = world.server.requests
  expect(first).toMatch(
    /watch=true&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=[3-6]\d\d$/,
  )
  expect(second).toContain('resourceVersion=6')
})

it('does not begin a watch anew at once when the server ends it at once', async () => {
  const { server, cluster } = await aWorld(watched())
  expect(await follow(cluster)).toEqual(['Unavailable'])
  expect(server.requests).toHaveLength(1)
})

it.each([
  ['is no JSON', watched('not json\n')],
  ['breaks off', watched('{"type":"ADD')],
  ['has no end', watching('x'.repeat(17 * 1024 * 1024))],
])('takes a watch for lost when a line of it %s', async (_what, answer) => {
  const { cluster } = await aWorld(answer)
  expect(await follow(cluster)).toEqual(['Unavailable'])
})

it('takes a watch for lost that is silent for longer than two bookmarks take', async () => {
  let say = (_line: object): unknown => undefined
  const world = await aWorld((response, request) => {
    watching()(response, request)
    say = (line) => response.write(`${JSON.stringify(line)}\n`)
  })
  let isOver = false
  const said = follow(world.cluster).finally(() => {
    isOver = true
  })
  await until(() => world.server.requests.length === 1)
  await world.clock.advance(149_000)
  say(event('ADDED', 'a', '6'))
  await new Promise((resolve) => setTimeout(resolve, 20))
  await world.clock.advance(149_000)
  expect(isOver).toBe(false)
  await untilLater(world, 100, () => isOver)
  expect(await said).toEqual(['added a', 'Unavailable'])
})

it('ends a watch at once when its signal aborts, even before it is answered', async () => {
  const { server, cluster } = await aWorld(silence)
  const stop = new AbortController()
  const events = cluster.watch(CONFIG_MAP, { resourceVersion: '5', signal: stop.signal })
  const first = events[Symbol.asyncIterator]().next()
  await until(() => server.requests.length === 1)
  stop.abort()
  expect(await first).toEqual({ done: true, value: undefined })
})

it('ends everything when it is closed', async () => {
  const { server, cluster } = await aWorld(silence)
  const call = failure(cluster.get(MAP))
  const watch = follow(cluster)
  await until(() => server.requests.length === 2)
  cluster.close()
  expect(await call).toMatchObject({ code: 'Unavailable' })
  expect(await watch).toEqual(['Unavailable'])
})

it('has what the server has, whatever befalls the watch on the way, and asks ever less often', async () => {
  const items = [stored('a', '20'), stored('b', '21')]
  const world = await aWorld(
    status(503, 'ServiceUnavailable'),
    list('5', [stored('old', '1')]),
    (response, request) => {
      watching(event('ADDED', 'a', '6'))(response, request)
      setTimeout(() => response.socket?.resetAndDestroy(), 5)
    },
    plainText(429, 'Too many requests', { 'retry-after': '3' }),
    watched('{"type":"MODIFI'),
    status(410, 'Expired'),
    status(410, 'Expired'),
    list('30', items),
    watching(event('DELETED', 'b', '31'), event('ADDED', 'c', '32')),
  )
  const seen = new Set<string>()
  const stop = new AbortController()
  const following = reflect(
    {
      ...{ cluster: world.cluster, kind: CONFIG_MAP, clock: world.clock },
      ...{ entropy: new SeededEntropy(), log: new RecordingLogger() },
      onList: (all) => {
        seen.clear()
        for (const { metadata } of all) seen.add(metadata.name)
      },
      onEvent: ({ type, object }) =>
        type === 'deleted' ? seen.delete(object.metadata.name) : seen.add(object.metadata.name),
    },
    stop.signal,
  )
  await untilLater(world, 100, () => seen.has('c'))
  expect([...seen]).toEqual(['a', 'c'])
  stop.abort()
  await following
})

it('takes up a watch by itself after ten minutes without a server, having asked ever less often', async () => {
  const world = await aWorld((response, request) => {
    const isWatch = request.url?.includes('watch=true')
    const answer = isWatch ? watching() : list('5', [stored('a', '4')])
    answer(response, request)
  })
  let lists = 0
  let failures = 0
  const stop = new AbortController()
  const following = reflect(
    {
      ...{ cluster: world.cluster, kind: CONFIG_MAP, clock: world.clock },
      ...{ entropy: new SeededEntropy(), log: new RecordingLogger() },
      onList: () => {
        lists += 1
      },
      onEvent: () => undefined,
      onFailure: () => {
        failures += 1
      },
    },
    stop.signal,
  )
  await until(() => world.server.requests.length === 2)
  world.server.close()
  const downAt = world.clock.monotonic()
  await untilLater(world, 1_000, () => world.clock.monotonic() - downAt >= 600_000)
  expect(failures).toBeGreaterThan(20)
  expect(failures).toBeLessThan(60)
  await world.server.listen()
  await untilLater(world, 1_000, () => world.server.requests.length > 2)
  expect(world.server.requests.at(-1)).toContain('watch=true')
  expect(lists).toBe(1)
  stop.abort()
  await following
})

it('does not run hot on a server that forgets every list at once', async () => {
  const world = await aWorld((response, request) => {
    const isWatch = request.url?.includes('watch=true')
    const answer = isWatch ? status(410, 'Expired') : list('5')
    answer(response, request)
  })
  const stop = new AbortController()
  const following = reflect(
    {
      ...{ cluster: world.cluster, kind: CONFIG_MAP, clock: world.clock },
      ...{ entropy: new SeededEntropy(), log: new RecordingLogger() },
      ...{ onList: () => undefined, onEvent: () => undefined },
    },
    stop.signal,
  )
  await untilLater(world, 1_000, () => world.clock.monotonic() >= 120_000)
  expect(world.server.requests.length).toBeLessThan(40)
  expect(world.server.requests.length).toBeGreaterThan(4)
  stop.abort()
  await following
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
