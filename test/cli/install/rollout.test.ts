import { describe, expect, it } from 'vitest'
import { podTroubles, toRollout } from '../../../src/cli/install/rollout.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'

function aDeployment(status: object): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'plumbline-controller', generation: 3 },
    spec: { replicas: 2 },
    status,
  }
}

function aPod(status: object): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'plumbline-controller-x' }, status }
}

const RUNS = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 }

describe('a rollout', () => {
  it.each([
    ['is complete when all run and are available', RUNS, 'complete', '2 of 2 replicas'],
    [
      'waits when what the status says is of an older Deployment',
      { ...RUNS, observedGeneration: 2 },
      'waiting',
      'not been looked at',
    ],
    ['waits for replicas', { ...RUNS, availableReplicas: 1 }, 'waiting', '1 of 2 replicas'],
    [
      'waits for those of an older version to end',
      { ...RUNS, replicas: 3 },
      'waiting',
      '1 of an older version are left',
    ],
    [
      'has failed when no pod may be made, and says who refuses',
      {
        ...RUNS,
        availableReplicas: 0,
        conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: pods' }],
      },
      'failed',
      'exceeded quota: pods',
    ],
    [
      'has failed when it made no progress for its deadline',
      {
        ...RUNS,
        availableReplicas: 0,
        conditions: [
          {
            type: 'Progressing',
            status: 'False',
            reason: 'ProgressDeadlineExceeded',
            message: 'timed out progressing',
          },
        ],
      },
      'failed',
      'timed out progressing',
    ],
  ])('%s', (_, status, type, message) => {
    expect(toRollout(aDeployment(status))).toEqual({
      type,
      message: expect.stringContaining(message) as string,
    })
  })

  it('waits where no controller has written a status', () => {
    expect(toRollout(aDeployment({})).type).toBe('waiting')
  })
})

describe('pods', () => {
  it('say that their image cannot be pulled', () => {
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "plumbline:9"' }
    const pod = aPod({ containerStatuses: [{ name: 'plumb', state: { waiting } }] })
    expect(podTroubles([pod])).toEqual([
      'plumbline-controller-x: ImagePullBackOff: Back-off pulling image "plumbline:9"',
    ])
  })

  it('say with which status they ended before they wait to start again', () => {
    const lastState = { terminated: { exitCode: 2 } }
    const state = { waiting: { reason: 'CrashLoopBackOff' } }
    const pod = aPod({ containerStatuses: [{ name: 'plumb', state, lastState }] })
    expect(podTroubles([pod])).toEqual([
      'plumbline-controller-x: CrashLoopBackOff: it ended with exit status 2',
    ])
  })

  it('say that no node takes them', () => {
    const condition = { type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }
    expect(podTroubles([aPod({ conditions: [condition] })])).toEqual([
      'plumbline-controller-x: 0/3 nodes are available',
    ])
  })

  it('say nothing while they begin as every pod does', () => {
    const state = { waiting: { reason: 'ContainerCreating' } }
    expect(podTroubles([aPod({ containerStatuses: [{ name: 'plumb', state }] })])).toEqual([])
    expect(podTroubles([aPod({})])).toEqual([])
  })
})
