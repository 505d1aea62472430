import { describe, expect, it } from 'vitest'
import { waitAvailable } from '../../../src/cli/install/wait-available.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import type { Cluster } from '../../../src/reconciler/cluster.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { aCondition, aMeshRepository, aStatus, FIRST } from '../../support/mesh-repositories.ts'

function aDeployment(availableReplicas: number): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'plumbline-controller', namespace: 'plumbline-system', generation: 1 },
    spec: { replicas: 2, selector: { matchLabels: {} } },
    status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas },
  }
}

interface World {
  /** What each look finds; the last one for ever. */
  readonly available: readonly number[]
  readonly repositories?: readonly KubernetesObject[]
}

/** Steps the clock whenever somebody waits for it. */
async function wait({ available, repositories = [] }: World) {
  const clock = new FakeClock()
  const progress: string[] = []
  let looks = 0
  const cluster: Pick<Cluster, 'get' | 'list'> = {
    get: () =>
      Promise.resolve(aDeployment(available[Math.min(looks++, available.length - 1)] ?? 0)),
    list: ({ kind }) =>
      Promise.resolve({ items: kind === 'Pod' ? [] : repositories, resourceVersion: '1' }),
  }
  const options = { clock, limitMs: 10_000, progress: (line: string) => void progress.push(line) }
  const rollout = waitAvailable(
    aDeployment(0),
    { ...options, cluster: cluster as Cluster },
    new AbortController().signal,
  )
  let isOver = false
  const over = rollout.finally(() => {
    isOver = true
  })
  while (!isOver) await clock.advance(1_000)
  return { rollout: await over, progress, looks }
}

describe('waiting for the replicas', () => {
  it('ends when they are available, and says each change once', async () => {
    const { rollout, progress, looks } = await wait({ available: [0, 0, 1, 1, 2] })
    expect(rollout.type).toBe('complete')
    expect(progress).toEqual(['0 of 2 replicas are available', '1 of 2 replicas are available'])
    expect(looks).toBe(5)
  })

  it('ends at the limit', async () => {
    const { rollout, looks } = await wait({ available: [1] })
    expect(rollout).toEqual({ type: 'failed', message: '1 of 2 replicas are available' })
    expect(looks).toBe(11)
  })

  it('says which repository keeps them from being ready, and nothing of those that do not', async () => {
    const condition = aCondition({
      ...{ status: 'False', reason: 'AuthenticationFailed', message: 'the password is wrong' },
    })
    const status = aStatus(FIRST, { conditions: [condition] })
    const repositories = [
      { ...aMeshRepository('mesh'), status },
      { ...aMeshRepository('team'), status: aStatus(FIRST) },
    ]
    const { rollout } = await wait({ available: [0], repositories })
    expect(rollout.message).toBe(
      '0 of 2 replicas are available; MeshRepository mesh: AuthenticationFailed: the password is wrong',
    )
  })
})
