import { describe, expect, it } from 'vitest'
import { createRoots } from '../../../src/ca/root-certificate.ts'
import { judgeRoot } from '../../../src/cli/doctor/root.ts'
import type { Instant } from '../../../src/model/clock.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { toTrustDomain } from '../../../src/model/spiffe-id.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-21T12:00:00Z') as Instant

/** Days that a root is valid. */
const LIFE = 3652

async function roots() {
  return await createRoots({
    trustDomain: toTrustDomain('cluster.local'),
    keyType: 'p256',
    now: NOW,
    entropy: new SeededEntropy(),
  })
}

async function aSecret(data: Readonly<Record<string, string>> = {}): Promise<KubernetesObject> {
  const { signing } = await roots()
  const texts = { 'ca.crt': signing.certificatePem, 'private.key': signing.privateKeyPem, ...data }
  const encoded = Object.entries(texts).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ])
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'osm-ca-bundle', namespace: 'plumbline-system' },
    data: Object.fromEntries(encoded) as object,
  }
}

function daysLater(days: number): Instant {
  return (NOW + days * DAY) as Instant
}

describe('the root', () => {
  it('is well while it is valid for long, and says until when', async () => {
    expect(judgeRoot(await aSecret(), NOW, true)).toEqual({
      name: 'root',
      status: 'ok',
      found: expect.stringMatching(/^valid until \d{4}-\d\d-\d\d$/) as string,
    })
  })

  it('warns months before it ends, and fails once it has', async () => {
    const secret = await aSecret()
    expect(judgeRoot(secret, daysLater(LIFE - 91), true).status).toBe('ok')
    const soon = judgeRoot(secret, daysLater(LIFE - 30), true)
    expect(soon).toMatchObject({ status: 'warn' })
    expect(soon.found).toContain('in 30 days')
    expect(judgeRoot(secret, daysLater(LIFE + 1), true).status).toBe('fail')
  })

  it('is not there before the first start, and lost after it', () => {
    expect(judgeRoot(undefined, NOW, false).status).toBe('warn')
    expect(judgeRoot(undefined, NOW, true).status).toBe('fail')
  })

  it.each([
    ['a certificate that is none', { 'ca.crt': 'x' }, 'ca.crt'],
    ['a key that is none', { 'private.key': 'x' }, 'private.key'],
  ])('fails with %s', async (_, data, named) => {
    const check = judgeRoot(await aSecret(data), NOW, true)
    expect(check.status).toBe('fail')
    expect(check.found).toContain(named)
  })

  it('fails with the key of another root, and never shows a key', async () => {
    const other = await roots()
    const check = judgeRoot(
      await aSecret({ 'private.key': other.signing.privateKeyPem }),
      NOW,
      true,
    )
    expect(check.found).toBe('private.key of the Secret osm-ca-bundle is not the key of ca.crt')
    expect(JSON.stringify(check)).not.toContain(other.signing.privateKeyPem.slice(40, 80))
  })
})
