/** What the Kubernetes adapter makes of watches that end, break, fall silent or are refused. */
import { expect, it } from 'vitest'
import { reflect } from '../../../src/reconciler/reflect.ts'
import { aConfigMap, CONFIG_MAP, idOf } from '../../support/cluster-objects.ts'
import { plainText, silence, status, watched, watching } from '../../support/fake-api-server.ts'
import {
  aKubernetesWorld,
  failure,
  follow,
  listed,
  mapEvent,
  storedMap,
  until,
  untilLater,
} from '../../support/kubernetes-world.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

const MAP = idOf(aConfigMap('m'))
const GONE = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }

it('says Expired however the server says it', async () => {
  const inAnswer = await aKubernetesWorld(status(410, 'Expired'))
  expect(await follow(inAnswer.cluster)).toEqual(['Expired'])
  const inStream = await aKubernetesWorld(
    watched(mapEvent('ADDED', 'a', '6'), { type: 'ERROR', object: GONE }),
  )
  expect(await follow(inStream.cluster)).toEqual(['added a', 'Expired'])
})

it('goes on where it was when the server ends a watch in good time', async () => {
  let end = (): unknown => undefined
  const world = await aKubernetesWorld(
    (response, request) => {
      watching(mapEvent('ADDED', 'a', '6'))(response, request)
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
  const { server, cluster } = await aKubernetesWorld(watched())
  expect(await follow(cluster)).toEqual(['Unavailable'])
  expect(server.requests).toHaveLength(1)
})

it.each([
  ['is no JSON', watched('not json\n')],
  ['breaks off', watched('{"type":"ADD')],
  ['has no end', watching('x'.repeat(17 * 1024 * 1024))],
])('takes a watch for lost when a line of it %s', async (_what, answer) => {
  const { cluster } = await aKubernetesWorld(answer)
  expect(await follow(cluster)).toEqual(['Unavailable'])
})

it('takes a watch for lost that is silent for longer than two bookmarks take', async () => {
  let say = (_line: object): unknown => undefined
  const world = await aKubernetesWorld((response, request) => {
    watching()(response, request)
    say = (line) => response.write(`${JSON.stringify(line)}\n`)
  })
  let isOver = false
  const said = follow(world.cluster).finally(() => {
    isOver = true
  })
  await until(() => world.server.requests.length === 1)
  await world.clock.advance(149_000)
  say(mapEvent('ADDED', 'a', '6'))
  await new Promise((resolve) => setTimeout(resolve, 20))
  await world.clock.advance(149_000)
  expect(isOver).toBe(false)
  await untilLater(world, 100, () => isOver)
  expect(await said).toEqual(['added a', 'Unavailable'])
})

it('ends a watch at once when its signal aborts, even before it is answered', async () => {
  const { server, cluster } = await aKubernetesWorld(silence)
  const stop = new AbortController()
  const events = cluster.watch(CONFIG_MAP, { resourceVersion: '5', signal: stop.signal })
  const first = events[Symbol.asyncIterator]().next()
  await until(() => server.requests.length === 1)
  stop.abort()
  expect(await first).toEqual({ done: true, value: undefined })
})

it('ends everything when it is closed', async () => {
  const { server, cluster } = await aKubernetesWorld(silence)
  const call = failure(cluster.get(MAP))
  const watch = follow(cluster)
  await until(() => server.requests.length === 2)
  cluster.close()
  expect(await call).toMatchObject({ code: 'Unavailable' })
  expect(await watch).toEqual(['Unavailable'])
})

it('has what the server has, whatever befalls the watch on the way, and asks ever less often', async () => {
  const items = [storedMap('a', '20'), storedMap('b', '21')]
  const world = await aKubernetesWorld(
    status(503, 'ServiceUnavailable'),
    listed('5', [storedMap('old', '1')]),
    (response, request) => {
      watching(mapEvent('ADDED', 'a', '6'))(response, request)
      setTimeout(() => response.socket?.resetAndDestroy(), 5)
    },
    plainText(429, 'Too many requests', { 'retry-after': '3' }),
    watched('{"type":"MODIFI'),
    status(410, 'Expired'),
    status(410, 'Expired'),
    listed('30', items),
    watching(mapEvent('DELETED', 'b', '31'), mapEvent('ADDED', 'c', '32')),
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
  const world = await aKubernetesWorld((response, request) => {
    const isWatch = request.url?.includes('watch=true')
    const answer = isWatch ? watching() : listed('5', [storedMap('a', '4')])
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
  const world = await aKubernetesWorld((response, request) => {
    const isWatch = request.url?.includes('watch=true')
    const answer = isWatch ? status(410, 'Expired') : listed('5')
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
