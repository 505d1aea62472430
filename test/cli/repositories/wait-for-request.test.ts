/** Waiting for a pass that was asked for, on a stepped clock. */
import { describe, expect, it } from 'vitest'
import { findRepository } from '../../../src/cli/repositories/find-repository.ts'
import { waitForRequest } from '../../../src/cli/repositories/wait-for-request.ts'
import type { EmbeddedCluster } from '../../../src/reconciler/embedded/embedded-cluster.ts'
import { MESH_REPOSITORY } from '../../../src/reconciler/repositories/mesh-repository-kind.ts'
import { anEmbeddedCluster } from '../../support/embedded-cluster.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  aCondition,
  aMeshRepository,
  aStatus,
  CONTROL_NAMESPACE,
  FIRST,
  playStatus,
  SECOND,
} from '../../support/mesh-repositories.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

const AT = '2026-01-01T00:00:01.000Z'
const LIMIT_MS = 120_000
const WAITS = { conditions: [aCondition({ status: 'Unknown', reason: 'WaitingForProxies' })] }

async function aWait(
  signal = new AbortController().signal,
  prepare: (cluster: EmbeddedCluster) => void = () => {},
) {
  const cluster = await anEmbeddedCluster({ namespaces: [CONTROL_NAMESPACE] })
  const create = { fieldManager: 'kubectl' }
  await cluster.create(aMeshRepository(), create)
  await cluster.create(aMeshRepository('other'), create)
  await playStatus(cluster, 'mesh', () => aStatus(FIRST))
  const before = await findRepository(cluster, 'mesh')
  prepare(cluster)
  const clock = new FakeClock()
  const lines: string[] = []
  const outcome = waitForRequest(
    {
      cluster,
      shell: { clock, entropy: new SeededEntropy(), log: new RecordingLogger() },
      name: 'mesh',
      request: { requestedAt: AT, generation: 1 },
      before,
      timeoutMs: LIMIT_MS,
      progress: (line) => void lines.push(line.split(' ')[0] ?? ''),
    },
    signal,
  )
  return { cluster, clock, lines, outcome }
}

const handled = { lastHandledReconcileAt: AT }

describe('waiting', () => {
  it('tells the stations as they are reached, and ends when the commit is enforced', async () => {
    const { cluster, lines, outcome, clock } = await aWait()
    const { validated, applied, enforced } = aStatus(FIRST)
    await playStatus(cluster, 'mesh', () => aStatus(SECOND, { validated, applied, enforced }))
    await playStatus(cluster, 'mesh', () => aStatus(SECOND, { enforced, ...WAITS, ...handled }))
    await playStatus(cluster, 'mesh', () => aStatus(SECOND, handled))
    expect(await outcome).toMatchObject({ type: 'enforced' })
    expect(lines).toEqual(['sourced', 'validated', 'applied', 'enforced'])
    expect(clock.sleeping).toBe(0)
  })

  it('does not take the end of another pass, or of another repository, for its own', async () => {
    const { cluster, clock, outcome } = await aWait()
    await playStatus(cluster, 'mesh', () => aStatus(SECOND, { lastHandledReconcileAt: 'earlier' }))
    await playStatus(cluster, 'other', () => aStatus(SECOND, handled))
    await clock.advance(LIMIT_MS)
    expect(await outcome).toMatchObject({ type: 'waits', last: { name: 'mesh' } })
  })

  it('ends when the time is over, with how far it came', async () => {
    const { cluster, clock, lines, outcome } = await aWait()
    await playStatus(cluster, 'mesh', () => aStatus(SECOND, { ...WAITS, ...handled }))
    while (lines.length === 0) await clock.advance(0)
    await clock.advance(LIMIT_MS)
    const reason = 'WaitingForProxies'
    expect(await outcome).toMatchObject({ type: 'waits', last: { reason } })
  })

  it('ends when it is interrupted', async () => {
    const interrupt = new AbortController()
    const { outcome, clock } = await aWait(interrupt.signal)
    interrupt.abort()
    expect(await outcome).toMatchObject({ type: 'waits' })
    expect(clock.sleeping).toBe(0)
  })

  it('ends when the repository is deleted', async () => {
    const { cluster, clock, outcome } = await aWait()
    await clock.advance(0)
    await cluster.delete({ ...MESH_REPOSITORY, namespace: CONTROL_NAMESPACE, name: 'mesh' })
    expect(await outcome).toEqual({ type: 'gone' })
  })

  it('goes on when another repository is deleted', async () => {
    const { cluster, clock, outcome } = await aWait()
    await clock.advance(0)
    await cluster.delete({ ...MESH_REPOSITORY, namespace: CONTROL_NAMESPACE, name: 'other' })
    await playStatus(cluster, 'mesh', () => aStatus(SECOND, handled))
    expect(await outcome).toMatchObject({ type: 'enforced' })
  })

  it('outlives a cluster that is away for a while', async () => {
    let fails = 3
    const { cluster, clock, outcome } = await aWait(undefined, (away) => {
      const list = away.list.bind(away)
      away.list = async (...asked) => {
        if (fails-- > 0) throw new Error('away')
        return await list(...asked)
      }
    })
    await playStatus(cluster, 'mesh', () => aStatus(SECOND, handled))
    for (let isOver = false; !isOver; ) {
      void outcome.then(() => {
        isOver = true
      })
      await clock.advance(1_000)
    }
    expect(await outcome).toMatchObject({ type: 'enforced' })
    expect(fails).toBe(-1)
  })
})
