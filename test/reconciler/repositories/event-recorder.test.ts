/** Events as they are stored: what repeats is counted, what floods is left out, and no pass waits for any of it. */
import { expect, it } from 'vitest'
import { ClusterError } from '../../../src/reconciler/cluster.ts'
import { EventRecorder } from '../../../src/reconciler/repositories/event-recorder.ts'
import type { RepositoryEvent } from '../../../src/reconciler/repositories/events-between.ts'
import { aControlCluster, CONTROL_NAMESPACE, stepWith } from '../../support/control-cluster.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

const EVENT = { group: '', version: 'v1', kind: 'Event' }
const SUBJECT = { name: 'policies', uid: '0f9a' }
const FAILED: RepositoryEvent = {
  type: 'Warning',
  reason: 'GitOperationFailed',
  message: 'no route to the host',
}

async function aWorld() {
  const cluster = await aControlCluster()
  const clock = new FakeClock()
  const create = cluster.create.bind(cluster)
  /** What the next creations throw; the last one for ever. */
  const failures: (Error | undefined)[] = []
  cluster.create = async (object, options) => {
    const failure = failures.length > 1 ? failures.shift() : failures[0]
    if (failure !== undefined) throw failure
    return await create(object, options)
  }
  const step = stepWith(cluster, clock)
  const log = new RecordingLogger()
  const start = () =>
    new EventRecorder({
      ...{ cluster, clock, log, entropy: new SeededEntropy(), namespace: CONTROL_NAMESPACE },
    })
  const stored = async () => {
    const { items } = await cluster.list(EVENT, { namespace: CONTROL_NAMESPACE })
    return items.map((item) => `${String(item['message'])} x${String(item['count'])}`).sort()
  }
  return { cluster, clock, step, log, failures, start, stored }
}

it('writes an Event that kubectl describe finds by its object', async () => {
  const { cluster, step, start } = await aWorld()
  start().tell(SUBJECT, [FAILED])
  await step(0)
  const { items } = await cluster.list(EVENT)
  expect(items.length).toBe(1)
  expect(items[0]).toMatchObject({
    metadata: {
      namespace: CONTROL_NAMESPACE,
      name: expect.stringMatching(/^policies\.[0-9a-f]{16}$/) as string,
    },
    involvedObject: {
      ...{ apiVersion: 'plumbline.dev/v1alpha1', kind: 'MeshRepository' },
      ...{ namespace: CONTROL_NAMESPACE, name: 'policies', uid: '0f9a' },
    },
    ...FAILED,
    source: { component: 'plumbline' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    count: 1,
  })
})

it('counts what is said again within ten minutes, and repeats it after that', async () => {
  const { cluster, step, start, stored } = await aWorld()
  const recorder = start()
  recorder.tell(SUBJECT, [FAILED])
  await step(590_000)
  recorder.tell(SUBJECT, [FAILED])
  await step(590_000)
  recorder.tell(SUBJECT, [FAILED])
  await step(0)
  expect(await stored()).toEqual(['no route to the host x3'])
  expect((await cluster.list(EVENT)).items[0]).toMatchObject({
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:19:40Z',
  })
  await step(601_000)
  recorder.tell(SUBJECT, [FAILED])
  await step(0)
  expect(await stored()).toEqual(['no route to the host x1', 'no route to the host x3'])
})

it('counts on what a process said that crashed', async () => {
  const { step, start, stored } = await aWorld()
  for (let round = 0; round < 3; round += 1) {
    start().tell(SUBJECT, [FAILED])
    await step(1_000)
  }
  expect(await stored()).toEqual(['no route to the host x3'])
})

it('says again what the API server has forgotten', async () => {
  const { cluster, step, start, stored } = await aWorld()
  const recorder = start()
  recorder.tell(SUBJECT, [FAILED])
  await step(1_000)
  const [item] = (await cluster.list(EVENT)).items
  await cluster.delete({ ...EVENT, namespace: CONTROL_NAMESPACE, name: item?.metadata.name ?? '' })
  recorder.tell(SUBJECT, [FAILED])
  await step(0)
  expect(await stored()).toEqual(['no route to the host x1'])
})

it('tells two repositories, two reasons and two messages apart', async () => {
  const { step, start, stored } = await aWorld()
  const recorder = start()
  recorder.tell(SUBJECT, [FAILED, { ...FAILED, message: 'timed out' }])
  recorder.tell({ name: 'other', uid: '1' }, [FAILED])
  await step(0)
  expect(await stored()).toEqual([
    'no route to the host x1',
    'no route to the host x1',
    'timed out x1',
  ])
})

it('lets 25 through at once and one every five minutes then, for each repository', async () => {
  const { step, log, start, stored } = await aWorld()
  const recorder = start()
  const flood = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => ({ ...FAILED, message: `drift ${from + index}` }))
  recorder.tell(SUBJECT, flood(40))
  recorder.tell({ name: 'other', uid: '1' }, [{ ...FAILED, message: 'other' }])
  await step(0)
  expect((await stored()).length).toBe(26)
  expect(await stored()).toContain('other x1')
  expect(log.sentences).toEqual(
    Array(15).fill('debug: an Event is left out: there were too many of this repository'),
  )
  await step(300_000)
  recorder.tell(SUBJECT, flood(3, 40))
  await step(0)
  expect((await stored()).length).toBe(27)
})

it('tries again while the cluster is away for a moment, without anybody waiting', async () => {
  const { step, log, failures, start, stored } = await aWorld()
  failures.push(new ClusterError('Unavailable', 'connection refused'), undefined)
  const recorder = start()
  recorder.tell(SUBJECT, [FAILED])
  await step(0)
  expect(await stored()).toEqual([])
  await step(10_000)
  expect(await stored()).toEqual(['no route to the host x1'])
  expect(log.lines).toEqual([])
})

it('leaves an Event out that may not be written, says so, and goes on', async () => {
  const { step, log, failures, start, stored } = await aWorld()
  failures.push(new ClusterError('Forbidden', 'may not create events'), undefined)
  const recorder = start()
  recorder.tell(SUBJECT, [FAILED, { ...FAILED, message: 'timed out' }])
  await step(0)
  expect(await stored()).toEqual(['timed out x1'])
  expect(log.lines).toMatchObject([
    {
      level: 'warn',
      sentence: 'an Event could not be written',
      fields: { repository: 'policies', error: 'may not create events' },
    },
  ])
})

it('gives up on a cluster that stays away, and keeps the newest hundred meanwhile', async () => {
  const { step, failures, start, stored } = await aWorld()
  failures.push(new ClusterError('Unavailable', 'connection refused'))
  const recorder = start()
  recorder.tell(SUBJECT, [FAILED])
  for (let repository = 0; repository < 150; repository += 1)
    recorder.tell({ name: `r${repository}`, uid: `${repository}` }, [
      { ...FAILED, message: `message ${repository}` },
    ])
  await step(60_000)
  failures.splice(0)
  await step(60_000)
  const messages = await stored()
  expect(messages.length).toBeLessThanOrEqual(100)
  expect(messages).toContain('message 149 x1')
  expect(messages).not.toContain('message 0 x1')
})

it('writes what is waiting when it is closed, and waits two seconds at most', async () => {
  const { cluster, clock, step, start, stored } = await aWorld()
  const recorder = start()
  recorder.tell(SUBJECT, [FAILED])
  await recorder.close()
  recorder.tell(SUBJECT, [{ ...FAILED, message: 'too late' }])
  await step(0)
  expect(await stored()).toEqual(['no route to the host x1'])
  expect(clock.sleeping).toBe(0)

  cluster.create = async () => await new Promise(() => {})
  const silent = start()
  silent.tell(SUBJECT, [{ ...FAILED, message: 'unheard' }])
  let isClosed = false
  const closed = silent.close().then(() => {
    isClosed = true
  })
  await clock.advance(1_999)
  expect(isClosed).toBe(false)
  await clock.advance(1)
  await closed
})
