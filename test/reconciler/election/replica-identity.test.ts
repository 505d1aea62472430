import { describe, expect, it } from 'vitest'
import { replicaIdentity } from '../../../src/reconciler/election/replica-identity.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

describe('the name of a replica', () => {
  it.each([
    ['a-pod-7d9f', /^a-pod-7d9f-[0-9a-f]{10}$/],
    ['Host.Example.COM', /^host-example-com-[0-9a-f]{10}$/],
    ['', /^replica-[0-9a-f]{10}$/],
    ['-ü-', /^replica-[0-9a-f]{10}$/],
    ['x'.repeat(300), /^x{32}-[0-9a-f]{10}$/],
  ])('of %j is good for a Lease and a label', (host, pattern) => {
    expect(replicaIdentity(host, new SeededEntropy())).toMatch(pattern)
  })

  it('is another at every start', () => {
    const entropy = new SeededEntropy()
    expect(replicaIdentity('host', entropy)).not.toBe(replicaIdentity('host', entropy))
  })
})
