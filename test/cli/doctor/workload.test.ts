import { describe, expect, it } from 'vitest'
import { judgeDeployment, judgeNamespace } from '../../../src/cli/doctor/workload.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'

function aNamespace(metadata: object = {}): KubernetesObject {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'plumbline-system', labels, ...metadata },
  }
}

function aDeployment(replicas: number, available = replicas): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'plumbline-controller', generation: 1 },
    spec: { replicas },
    status: {
      observedGeneration: 1,
      replicas,
      updatedReplicas: replicas,
      availableReplicas: available,
    },
  }
}

describe('the control namespace', () => {
  it.each([
    ['is well when it admits restricted pods only', aNamespace(), 'ok'],
    ['warns when it admits any pod', aNamespace({ labels: {} }), 'warn'],
    ['fails when it is not there', undefined, 'fail'],
    [
      'fails while it is being deleted',
      aNamespace({ deletionTimestamp: '2026-11-21T12:00:00Z' }),
      'fail',
    ],
  ])('%s', (_, namespace, status) => {
    expect(judgeNamespace(namespace).status).toBe(status)
  })
})

describe('the Deployment', () => {
  it('is well with two replicas', () => {
    expect(judgeDeployment({ deployment: aDeployment(2), pods: [] })).toEqual({
      name: 'deployment',
      status: 'ok',
      found: '2 of 2 replicas are available',
    })
  })

  it('warns of a single replica', () => {
    expect(judgeDeployment({ deployment: aDeployment(1), pods: [] })).toMatchObject({
      status: 'warn',
      fix: 'plumb install --replicas 2',
    })
  })

  it('fails when it is not there', () => {
    expect(judgeDeployment({ deployment: undefined, pods: [] }).status).toBe('fail')
  })

  it('fails without its replicas, and says what the pods wait for', () => {
    const state = { waiting: { reason: 'ErrImagePull', message: 'no such image' } }
    const pod: KubernetesObject = {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'plumbline-controller-x' } },
      status: { containerStatuses: [{ name: 'plumb', state }] },
    }
    const check = judgeDeployment({ deployment: aDeployment(2, 1), pods: [pod] })
    expect(check.status).toBe('fail')
    expect(check.found).toBe(
      '1 of 2 replicas are available; plumbline-controller-x: ErrImagePull: no such image',
    )
  })
})
