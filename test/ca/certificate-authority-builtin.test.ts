/** The built-in authority: the port's contract, the fields of what it issues, and the life of its root. */
import { createPublicKey, X509Certificate } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCertificateFields } from '../../src/ca/certificate-fields.ts'
import { readX509Svid } from '../../src/ca/x509-svid.ts'
import { toDnsSan, toProxySpiffeId, toSpiffeId, toTrustDomain } from '../../src/model/spiffe-id.ts'
import { certificateAuthorityContract } from '../contract/certificate-authority-contract.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import {
  anAuthority,
  aSigningRequest,
  MemoryRootStore,
  NEVER,
  TRUST_DOMAIN,
  toDer,
} from './an-authority.ts'

for (const rootKeyType of ['p256', 'rsa2048'] as const) {
  certificateAuthorityContract(
    `built-in, ${rootKeyType} root`,
    async () => {
      const clock = new FakeClock()
      const authority = await anAuthority({ clock, rootKeyType })
      return { authority, trustDomain: TRUST_DOMAIN, clock, close: () => Promise.resolve() }
    },
    {
      skip: [
        {
          name: 'tells being out of reach from a refusal',
          reason: 'it signs in this process and is always in reach',
        },
      ],
    },
  )
}

const T0 = Date.UTC(2026, 5, 1)
const DAY_MS = 86_400_000

describe('a leaf of the built-in authority', () => {
  it('begins two minutes ago, so that a proxy whose clock is 90 s behind accepts it', async () => {
    const authority = await anAuthority({ clock: new FakeClock(T0 + 250) })
    const { notBefore, notAfter } = await authority.issue(aSigningRequest(), NEVER)
    expect({ notBefore, notAfter }).toEqual({ notBefore: T0 - 120_000, notAfter: T0 + DAY_MS })
  })

  it('carries the DNS name as its common name where that fits in 64 bytes', async () => {
    const authority = await anAuthority()
    const { chainPem } = await authority.issue(aSigningRequest(), NEVER)
    expect(new X509Certificate(chainPem).subject).toBe('CN=bookstore-v1.bookstore.mesh.example')
  })

  it('has an empty subject and critical names where the common name would not fit', async () => {
    const authority = await anAuthority()
    for (const dnsSans of [[`${'a'.repeat(60)}.b.mesh.example`], []]) {
      const { chainPem } = await authority.issue(aSigningRequest({ dnsSans }), NEVER)
      const fields = readCertificateFields(toDer(chainPem))
      expect(fields?.subject).toEqual(Buffer.of(0x30, 0))
      expect(fields?.extensions.get('2.5.29.17')?.critical).toBe(true)
    }
  })

  it('names its subject key and the key of its root', async () => {
    const authority = await anAuthority()
    const { chainPem } = await authority.issue(aSigningRequest(), NEVER)
    const leaf = readCertificateFields(toDer(chainPem))?.extensions
    const root = readCertificateFields(toDer(authority.bundle().rootsPem[0]!))?.extensions
    const rootId = root?.get('2.5.29.14')?.value.subarray(2)
    expect(leaf?.get('2.5.29.14')?.value.length).toBe(22)
    expect(leaf?.get('2.5.29.35')?.value).toEqual(
      Buffer.concat([Buffer.of(0x30, 22, 0x80, 20), rootId!]),
    )
  })

  it('has a serial of 16 octets, positive and minimal, whatever the entropy gives', async () => {
    for (const byte of [0x00, 0x7f, 0x80, 0xff]) {
      const entropy = { bytes: (length: number) => new Uint8Array(length).fill(byte) }
      const authority = await anAuthority({ entropy })
      const { serial } = await authority.issue(aSigningRequest(), NEVER)
      expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/)
    }
  })

  it('brings back every legal identity as it was asked for', async () => {
    const authority = await anAuthority()
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/)
    const dotted = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
    await fc.assert(
      fc.asyncProperty(label, dotted, fc.option(fc.uuid()), async (namespace, name, uid) => {
        const account = { namespace, name }
        const spiffeId =
          uid === null
            ? toSpiffeId(TRUST_DOMAIN, account)
            : toProxySpiffeId(TRUST_DOMAIN, account, uid)
        const dnsSans = [toDnsSan(TRUST_DOMAIN, account)]
        const { chainPem } = await authority.issue(aSigningRequest({ spiffeId, dnsSans }), NEVER)
        const svid = readX509Svid(toDer(chainPem))
        const identity = { trustDomain: TRUST_DOMAIN, account }
        expect(svid).toMatchObject({
          ok: true,
          value: {
            uri: spiffeId,
            dnsSans,
            identity: uid === null ? identity : { ...identity, proxyUid: uid },
          },
        })
      }),
      { numRuns: 200 },
    )
  })
})

describe('the root of the built-in authority', () => {
  it('is a CA for leaves only, of the trust domain, for ten years', async () => {
    const authority = await anAuthority({ clock: new FakeClock(T0) })
    const der = toDer(authority.bundle().rootsPem[0]!)
    const root = new X509Certificate(der)
    expect(root.verify(root.publicKey)).toBe(true)
    const fields = readCertificateFields(der)
    expect(fields).toMatchObject({
      version: 3,
      notBefore: T0 - 120_000,
      notAfter: T0 + 3652 * DAY_MS,
    })
    const extension = (id: string) => fields?.extensions.get(id)
    expect(extension('2.5.29.19')).toEqual({
      critical: true,
      value: Buffer.of(0x30, 6, 0x01, 1, 0xff, 0x02, 1, 0),
    })
    expect(extension('2.5.29.15')).toEqual({ critical: true, value: Buffer.of(0x03, 2, 1, 0x06) })
    expect(extension('2.5.29.17')?.value.toString('latin1')).toContain('spiffe://mesh.example')
  })

  it('has a name of its own, so that two live roots are never taken for each other', async () => {
    const roots = await Promise.all(
      [1, 2].map(async (fill) => {
        const entropy = { bytes: (length: number) => new Uint8Array(length).fill(fill) }
        return new X509Certificate((await anAuthority({ entropy })).bundle().rootsPem[0]!).subject
      }),
    )
    expect(new Set(roots).size).toBe(2)
  })

  it('survives a restart', async () => {
    const store = new MemoryRootStore()
    const before = await anAuthority({ store })
    const after = await anAuthority({ store })
    expect(after.bundle()).toEqual(before.bundle())
    expect(after.issuer()).toBe(before.issuer())
  })

  it('is one, also when many replicas start at once', async () => {
    const store = new MemoryRootStore()
    const authorities = await Promise.all(Array.from({ length: 20 }, () => anAuthority({ store })))
    expect(new Set(authorities.map((authority) => authority.issuer())).size).toBe(1)
  })

  it('is not used before it is stored for good', async () => {
    const store = new MemoryRootStore()
    store.create = () => Promise.reject(new Error('disk full'))
    await expect(anAuthority({ store })).rejects.toThrow('disk full')
  })

  it('is unavailable when another replica stored it and it cannot be read back', async () => {
    const store = new MemoryRootStore()
    store.create = () => Promise.resolve('exists')
    await expect(anAuthority({ store })).rejects.toMatchObject({ code: 'Unavailable' })
  })

  it('shortens leaves to its own end, and then says that it must be rotated', async () => {
    const clock = new FakeClock(T0)
    const authority = await anAuthority({ clock })
    clock.jumpWall(3652 * DAY_MS - 60_000)
    expect(await authority.issue(aSigningRequest(), NEVER)).toMatchObject({
      notAfter: T0 + 3652 * DAY_MS,
    })
    clock.jumpWall(60_000)
    await expect(authority.issue(aSigningRequest(), NEVER)).rejects.toMatchObject({
      code: 'Misconfigured',
      message: 'the root of the mesh ended at 2036-05-31T00:00:00.000Z: rotate it',
    })
  })

  it('keeps its key out of logs, errors and inspection', async () => {
    const store = new MemoryRootStore()
    const log = new RecordingLogger()
    const authority = await anAuthority({ store, log })
    const key = store.roots!.signing.privateKeyPem.split('\n')[1]!
    expect(inspect([log.lines, authority], { depth: 9, showHidden: true })).not.toContain(key)
    store.roots = {
      ...store.roots!,
      signing: { ...store.roots!.signing, privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${key}\n` },
    }
    const error = await anAuthority({ store }).catch((caught: unknown) => caught)
    expect(inspect(error, { depth: 9 })).not.toContain(key)
  })
})

describe('a stored root that cannot sign', () => {
  const cases: readonly [
    string,
    (roots: MemoryRootStore, other: MemoryRootStore) => void,
    string,
  ][] = [
    [
      'a certificate that is not PEM',
      (store) => damage(store, { certificatePem: 'nonsense' }),
      'its certificate cannot be read as PEM',
    ],
    [
      'a key that is not PEM',
      (store) => damage(store, { privateKeyPem: 'nonsense' }),
      'its private key cannot be read as PEM',
    ],
    [
      'the key of another root',
      (store, other) => damage(store, { privateKeyPem: other.roots!.signing.privateKeyPem }),
      'its private key is not the one of its certificate',
    ],
  ]
  it.each(cases)('is refused: %s', async (_, spoil, sentence) => {
    const [store, other] = [new MemoryRootStore(), new MemoryRootStore()]
    await anAuthority({ store })
    await anAuthority({ store: other })
    spoil(store, other)
    const opened = anAuthority({ store })
    await expect(opened).rejects.toMatchObject({ code: 'Misconfigured' })
    await expect(anAuthority({ store })).rejects.toThrow(sentence)
  })

  it('is refused: a leaf in place of a CA', async () => {
    const store = new MemoryRootStore()
    const authority = await anAuthority({ store })
    const publicKey = createPublicKey(store.roots!.signing.privateKeyPem)
    const leaf = await authority.issue(aSigningRequest({ publicKey }), NEVER)
    damage(store, { certificatePem: leaf.chainPem })
    await expect(anAuthority({ store })).rejects.toThrow('its certificate is not that of a CA')
  })

  it('is refused: the root of another trust domain', async () => {
    const store = new MemoryRootStore()
    await anAuthority({ store })
    await expect(anAuthority({ store, trustDomain: toTrustDomain('other') })).rejects.toThrow(
      'it is the root of "spiffe://mesh.example", and the mesh\'s trust domain is other',
    )
  })

  function damage(store: MemoryRootStore, part: object): void {
    store.roots = { ...store.roots!, signing: { ...store.roots!.signing, ...part } }
  }
})
