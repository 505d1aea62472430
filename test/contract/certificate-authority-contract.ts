/** What every adapter of the certificate authority port promises (src/ca/certificate-authority.ts). */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CertificateAuthority, SigningRequest } from '../../src/ca/certificate-authority.ts'
import { verifyIssued } from '../../src/ca/verify-issued.ts'
import { readX509Svid } from '../../src/ca/x509-svid.ts'
import type { Clock } from '../../src/model/clock.ts'
import { type SpiffeId, type TrustDomain, toTrustDomain } from '../../src/model/spiffe-id.ts'

export interface AuthorityUnderTest {
  readonly authority: CertificateAuthority
  readonly trustDomain: TrustDomain
  readonly clock: Clock
  /** From now on the authority cannot be reached. */
  readonly cutOff?: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface SkippedPromise {
  readonly name: string
  readonly reason: string
}

type Keeps = (under: AuthorityUnderTest) => Promise<void>

const HOUR_MS = 3_600_000
const never = new AbortController().signal
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey

function asking(under: AuthorityUnderTest, more: Partial<SigningRequest> = {}): SigningRequest {
  return {
    spiffeId: `spiffe://${under.trustDomain}/ns/bookstore/sa/bookstore` as SpiffeId,
    dnsSans: [`bookstore.bookstore.${under.trustDomain}`],
    publicKey: key,
    validityMs: HOUR_MS,
    ...more,
  }
}

async function leafOf(under: AuthorityUnderTest, more: Partial<SigningRequest> = {}) {
  const issued = await under.authority.issue(asking(under, more), never)
  const certificate = new X509Certificate(issued.chainPem)
  const svid = readX509Svid(certificate.raw)
  if (!svid.ok) throw new Error(svid.error.message)
  return { issued, certificate, svid: svid.value }
}

const PROMISES: readonly (readonly [string, Keeps])[] = [
  [
    'issues a leaf whose one identity is the one asked for',
    async (under) => {
      const proxy = `spiffe://${under.trustDomain}/ns/a/sa/b.c/proxy/0f1e` as SpiffeId
      const { svid } = await leafOf(under, { spiffeId: proxy })
      expect(svid.uri).toBe(proxy)
    },
  ],
  [
    'puts in exactly the DNS names asked for',
    async (under) => {
      const names = [`a.b.${under.trustDomain}`, `c.d.${under.trustDomain}`]
      expect((await leafOf(under, { dnsSans: names })).svid.dnsSans).toEqual(names)
      expect((await leafOf(under, { dnsSans: [] })).svid.dnsSans).toEqual([])
    },
  ],
  [
    'certifies the key asked about, P-256 or RSA',
    async (under) => {
      const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
      for (const publicKey of [key, rsa]) {
        const { svid } = await leafOf(under, { publicKey })
        expect(svid.publicKey).toEqual(publicKey.export({ type: 'spki', format: 'der' }))
      }
    },
  ],
  [
    'issues a chain that verifies to the bundle, within the window asked for',
    async (under) => {
      const request = asking(under)
      const issued = await under.authority.issue(request, never)
      const bundle = under.authority.bundle()
      const verified = verifyIssued({ issued, request, bundle, now: under.clock.now() })
      expect(verified).toMatchObject({ ok: true })
    },
  ],
  [
    'begins no later than now and ends no later than asked for',
    async (under) => {
      const now = under.clock.now()
      const { svid } = await leafOf(under, { validityMs: 600_000 })
      expect(svid.notBefore).toBeLessThanOrEqual(now)
      expect(svid.notAfter).toBeGreaterThan(now)
      expect(svid.notAfter).toBeLessThanOrEqual(now + 600_000)
    },
  ],
  [
    'never outlives its chain, however long a life is asked for',
    async (under) => {
      const { svid } = await leafOf(under, { validityMs: 100 * 365 * 24 * HOUR_MS })
      const ends = under.authority
        .bundle()
        .rootsPem.map((pem) => new X509Certificate(pem).validToDate.getTime())
      expect(svid.notAfter).toBeLessThanOrEqual(Math.max(...ends))
    },
  ],
  [
    'says the validity and the serial that the leaf carries',
    async (under) => {
      const { issued, certificate, svid } = await leafOf(under)
      expect(issued).toMatchObject({
        notBefore: svid.notBefore,
        notAfter: svid.notAfter,
        serial: certificate.serialNumber.toLowerCase(),
      })
    },
  ],
  [
    'gives every certificate a serial of its own',
    async (under) => {
      const issued = await Promise.all(
        Array.from({ length: 50 }, () => under.authority.issue(asking(under), never)),
      )
      expect(new Set(issued.map(({ serial }) => serial)).size).toBe(50)
    },
  ],
  [
    'names the signing root, which is in the bundle',
    async (under) => {
      const roots = under.authority
        .bundle()
        .rootsPem.map((pem) => new X509Certificate(pem).fingerprint256)
        .map((fingerprint) => fingerprint.replaceAll(':', '').toLowerCase())
      expect(roots).toContain(under.authority.issuer())
      expect(roots).toEqual([...new Set(roots)])
    },
  ],
  [
    'denies an identity of another trust domain',
    async (under) => {
      const spiffeId = `spiffe://${toTrustDomain('elsewhere')}/ns/a/sa/b` as SpiffeId
      const asked = under.authority.issue(asking(under, { spiffeId }), never)
      await expect(asked).rejects.toMatchObject({ name: 'AuthorityError', code: 'Denied' })
    },
  ],
  [
    'denies what is not an identity of a workload',
    async (under) => {
      for (const path of [
        '',
        '/',
        '/ns/a',
        '/ns/a/sa/b/../c',
        '/ns/a/sa/b,URI:spiffe://x/ns/c/sa/d',
      ]) {
        const spiffeId = `spiffe://${under.trustDomain}${path}` as SpiffeId
        const asked = under.authority.issue(asking(under, { spiffeId }), never)
        await expect(asked, path).rejects.toMatchObject({ code: 'Denied' })
      }
    },
  ],
  [
    'denies names that are not exact DNS names',
    async (under) => {
      for (const name of ['*.mesh', '', 'a..b', 'a,DNS:b', 'a\0b', 'ä.b', `${'a.'.repeat(130)}a`]) {
        const asked = under.authority.issue(asking(under, { dnsSans: [name] }), never)
        await expect(asked, JSON.stringify(name)).rejects.toMatchObject({ code: 'Denied' })
      }
    },
  ],
  [
    'denies weak and foreign keys',
    async (under) => {
      const keys = [
        generateKeyPairSync('rsa', { modulusLength: 1024 }),
        generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
        generateKeyPairSync('ed25519'),
      ]
      for (const { publicKey } of keys) {
        const asked = under.authority.issue(asking(under, { publicKey }), never)
        await expect(asked).rejects.toMatchObject({ code: 'Denied' })
      }
    },
  ],
  [
    'denies a life that is no span of time',
    async (under) => {
      for (const validityMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        const asked = under.authority.issue(asking(under, { validityMs }), never)
        await expect(asked).rejects.toMatchObject({ code: 'Denied' })
      }
    },
  ],
  [
    'stops when it is told to',
    async (under) => {
      const reason = new Error('stopped')
      const asked = under.authority.issue(asking(under), AbortSignal.abort(reason))
      await expect(asked).rejects.toBe(reason)
    },
  ],
  [
    'tells being out of reach from a refusal',
    async (under) => {
      await under.cutOff?.()
      const asked = under.authority.issue(asking(under), never)
      await expect(asked).rejects.toMatchObject({ code: 'Unavailable' })
    },
  ],
]

/** Runs the suite; `skip` lists, by test name, the promises an adapter does not keep, and why. */
export function certificateAuthorityContract(
  name: string,
  make: () => Promise<AuthorityUnderTest>,
  options: { readonly skip?: readonly SkippedPromise[] } = {},
): void {
  const skips = new Map((options.skip ?? []).map((skip) => [skip.name, skip.reason]))
  describe(`certificate authority contract: ${name}`, () => {
    let under: AuthorityUnderTest
    beforeEach(async () => {
      under = await make()
    })
    afterEach(async () => {
      await under.close()
    })
    for (const [promise, keeps] of PROMISES) {
      const reason = skips.get(promise)
      const title = reason === undefined ? promise : `${promise} (skipped: ${reason})`
      it.skipIf(reason !== undefined)(title, async () => await keeps(under))
    }
    it('skips only promises that exist', () => {
      const known = PROMISES.map(([promise]) => promise)
      expect([...skips.keys()].filter((skip) => !known.includes(skip))).toEqual([])
    })
  })
}
