/** When a status is written, what becomes of one that cannot be, and what a stopping process still says. */
import { expect, it } from 'vitest'
import { ClusterError } from '../../../src/reconciler/cluster.ts'
import { MESH_REPOSITORY } from '../../../src/reconciler/repositories/mesh-repository-kind.ts'
import type { RepositoryStatus } from '../../../src/reconciler/repositories/repository-status.ts'
import { StatusWriter } from '../../../src/reconciler/repositories/status-writer.ts'
import { toRepositoryStatus } from '../../../src/reconciler/repositories/to-repository-status.ts'
import {
  aControlCluster,
  aMeshRepository,
  CONTROL_NAMESPACE,
  stepWith,
} from '../../support/control-cluster.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { anEnforcedState, aState } from '../../support/repository-states.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

const ID = { ...MESH_REPOSITORY, namespace: CONTROL_NAMESPACE, name: 'policies' }
const MANAGER = { fieldManager: 'test' }

async function aWorld() {
  const cluster = await aControlCluster()
  await cluster.create(aMeshRepository(), MANAGER)
  const clock = new FakeClock()
  const step = stepWith(cluster, clock)
  const log = new RecordingLogger()
  const update = cluster.update.bind(cluster)
  /** What the next updates throw; the last one for ever. */
  const failures: (Error | undefined)[] = []
  const written: RepositoryStatus[] = []
  cluster.update = async (object, options) => {
    const failure = failures.length > 1 ? failures.shift() : failures[0]
    if (failure !== undefined) throw failure
    const stored = await update(object, options)
    written.push(object['status'] as RepositoryStatus)
    return stored
  }
  const writer = new StatusWriter({
    ...{ cluster, clock, log, entropy: new SeededEntropy(), namespace: CONTROL_NAMESPACE },
  })
  const enforced = (digit: string) => (previous: RepositoryStatus | undefined) =>
    toRepositoryStatus(anEnforcedState(digit), previous)
  return { cluster, clock, step, log, update, failures, written, writer, enforced }
}

const commits = (statuses: readonly RepositoryStatus[]) =>
  statuses.map(({ commitShort }) => commitShort?.[0])

it('writes the first at once, and of many that follow the last alone, half a second later', async () => {
  const { cluster, step, written, writer, enforced } = await aWorld()
  writer.write('policies', enforced('1'))
  await step(0)
  expect(commits(written)).toEqual(['1'])
  for (const digit of '23456') writer.write('policies', enforced(digit))
  await step(499)
  expect(commits(written)).toEqual(['1'])
  await step(1)
  expect(commits(written)).toEqual(['1', '6'])
  expect((await cluster.get(ID))?.['status']).toMatchObject({
    commitShort: '6666666',
    history: [{ subject: 'Commit 6' }, { subject: 'Commit 1' }],
  })
})

it('writes nothing when nothing changed', async () => {
  const { cluster, step, written, writer, enforced } = await aWorld()
  writer.write('policies', enforced('1'))
  await step(1_000)
  const { resourceVersion } = (await cluster.get(ID))?.metadata ?? {}
  writer.write('policies', enforced('1'))
  await step(1_000)
  expect(written.length).toBe(1)
  expect((await cluster.get(ID))?.metadata.resourceVersion).toBe(resourceVersion)
})

it('moves neither the spec nor its generation', async () => {
  const { cluster, step, writer, enforced } = await aWorld()
  const before = await cluster.get(ID)
  writer.write('policies', enforced('1'))
  await step(0)
  const after = await cluster.get(ID)
  expect([after?.['spec'], after?.metadata.generation]).toEqual([before?.['spec'], 1])
})

it('reads again what somebody wrote in between, and keeps it', async () => {
  const { cluster, step, log, update, written, writer } = await aWorld()
  let attempts = 0
  const get = cluster.get.bind(cluster)
  let isRaced = false
  cluster.get = async (id) => {
    const live = await get(id)
    if (!isRaced && live !== undefined) {
      isRaced = true
      await update({ ...live, metadata: { ...live.metadata, labels: { team: 'a' } } }, MANAGER)
    }
    return live
  }
  writer.write('policies', (previous) => {
    attempts += 1
    return toRepositoryStatus(anEnforcedState('1'), previous)
  })
  await step(2_000)
  // The first of them was refused by its resourceVersion.
  expect([attempts, written.length]).toEqual([2, 1])
  const live = await get(ID)
  expect(live?.metadata.labels).toEqual({ team: 'a' })
  expect(live?.['status']).toMatchObject({ commitShort: '1111111' })
  expect(log.lines).toEqual([])
})

it('goes on trying while the cluster is away, ever more slowly, and writes the newest', async () => {
  const { step, log, failures, written, writer, enforced } = await aWorld()
  failures.push(new ClusterError('Unavailable', 'connection refused'))
  writer.write('policies', enforced('1'))
  await step(0)
  writer.write('policies', enforced('2'))
  await step(600_000)
  expect(written).toEqual([])
  expect(log.sentences[0]).toBe(
    'warn: the status of a repository could not be written and is tried again',
  )
  expect(log.lines.length).toBeLessThan(50)
  failures.splice(0)
  await step(30_000)
  expect(commits(written)).toEqual(['2'])
})

it('does not go back to an older status when its write fails late', async () => {
  const { cluster, step, update, written, writer, enforced } = await aWorld()
  const answer = Promise.withResolvers<never>()
  cluster.update = async () => await answer.promise
  writer.write('policies', enforced('1'))
  await step(0)
  writer.write('policies', enforced('2'))
  cluster.update = async (object, options) => {
    const stored = await update(object, options)
    written.push(object['status'] as RepositoryStatus)
    return stored
  }
  answer.reject(new ClusterError('Unavailable', 'the connection was lost'))
  await step(1_000)
  await step(1_000)
  expect(commits(written)).toEqual(['2'])
})

it('leaves the server alone for as long as it asks', async () => {
  const { step, failures, written, writer, enforced } = await aWorld()
  failures.push(new ClusterError('TooManyRequests', 'later', { retryAfterMs: 20_000 }), undefined)
  writer.write('policies', enforced('1'))
  await step(19_999)
  expect(written).toEqual([])
  await step(1)
  expect(commits(written)).toEqual(['1'])
})

it('forgets a repository that has gone', async () => {
  const { cluster, clock, step, log, written, writer, enforced } = await aWorld()
  await cluster.delete(ID)
  writer.write('policies', enforced('1'))
  await step(60_000)
  expect([written, log.lines, clock.sleeping]).toEqual([[], [], 0])
})

it('does not let one repository wait for another', async () => {
  const { cluster, step, failures, written, writer, enforced } = await aWorld()
  await cluster.create(aMeshRepository({}, { name: 'other' }), MANAGER)
  failures.push(new ClusterError('Unavailable', 'no'), undefined)
  writer.write('policies', enforced('1'))
  writer.write('other', enforced('2'))
  await step(0)
  expect(commits(written)).toEqual(['2'])
})

it('says that a status could not be made, and makes the next', async () => {
  const { step, log, written, writer, enforced } = await aWorld()
  writer.write('policies', () => {
    throw new TypeError('a bug')
  })
  await step(0)
  writer.write('policies', enforced('1'))
  await step(500)
  expect(log.sentences).toEqual(['error: the status of a repository could not be made'])
  expect(commits(written)).toEqual(['1'])
})

it('makes a status anew that no version of ours has written', async () => {
  const { cluster, step, log, writer } = await aWorld()
  const junk = { conditions: 'none', drift: { last: [] } }
  const live = await cluster.get(ID)
  await cluster.update(
    { ...aMeshRepository(), ...live, status: junk },
    { ...MANAGER, subresource: 'status' },
  )
  writer.write('policies', (previous) => toRepositoryStatus(aState(), previous))
  await step(0)
  expect((await cluster.get(ID))?.['status']).toMatchObject({ observedGeneration: 1 })
  expect(log.lines).toEqual([])
})

it('writes what is due when it is closed, and nothing after that', async () => {
  const { step, written, writer, enforced } = await aWorld()
  writer.write('policies', enforced('1'))
  await step(0)
  writer.write('policies', enforced('2'))
  await writer.close()
  expect(commits(written)).toEqual(['1', '2'])
  writer.write('policies', enforced('3'))
  await step(1_000)
  expect(commits(written)).toEqual(['1', '2'])
})

it('does not hold a stopping process up for a cluster that is away or does not answer', async () => {
  const { cluster, clock, step, failures, written, writer, enforced } = await aWorld()
  failures.push(new ClusterError('Unavailable', 'no'))
  writer.write('policies', enforced('1'))
  await step(0)
  await writer.close()
  expect(written).toEqual([])

  const silent = new StatusWriter({
    cluster: { get: async () => await new Promise(() => {}), update: cluster.update },
    ...{ clock, log: new RecordingLogger(), entropy: new SeededEntropy() },
    namespace: CONTROL_NAMESPACE,
  })
  silent.write('policies', enforced('1'))
  let isClosed = false
  const closed = silent.close().then(() => {
    isClosed = true
  })
  await step(4_999)
  expect(isClosed).toBe(false)
  await step(1)
  await closed
  expect(clock.sleeping).toBe(0)
})
