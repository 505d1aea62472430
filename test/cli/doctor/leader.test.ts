import { describe, expect, it } from 'vitest'
import { judgeLeader } from '../../../src/cli/doctor/leader.ts'
import type { Instant } from '../../../src/model/clock.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z') as Instant

function aLease(spec: object): KubernetesObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'plumbline-leader', namespace: 'plumbline-system' },
    spec: { leaseDurationSeconds: 15, leaseTransitions: 2, ...spec },
  }
}

function renewed(secondsAgo: number): KubernetesObject {
  const renewTime = new Date(NOW - secondsAgo * 1000).toISOString().replace('Z', '000Z')
  return aLease({ holderIdentity: 'plumbline-controller-a', renewTime })
}

describe('the leader', () => {
  it('is well while it renews its Lease, and is named', () => {
    expect(judgeLeader(renewed(3), NOW)).toEqual({
      name: 'leader',
      status: 'ok',
      found: 'plumbline-controller-a, which renewed the Lease 3 s ago; the 3rd leader',
    })
  })

  it('is well when the clocks differ by seconds', () => {
    expect(judgeLeader(renewed(-20), NOW).status).toBe('ok')
    expect(judgeLeader(renewed(29), NOW).status).toBe('ok')
  })

  it.each([
    ['has died when the Lease is not renewed', renewed(31), 'renewed the Lease 31 s ago'],
    ['has never been', undefined, 'no replica has ever led'],
    ['has let the Lease go', aLease({ holderIdentity: '' }), 'nobody holds it'],
    ['has renewed nothing', aLease({ holderIdentity: 'a' }), 'never renewed'],
  ])('%s', (_, lease, found) => {
    expect(judgeLeader(lease, NOW)).toMatchObject({
      status: 'fail',
      found: expect.stringContaining(found) as string,
    })
  })
})
