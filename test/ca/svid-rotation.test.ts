/** Every proxy always has a fresh leaf: on a stepped clock, with an authority that can fail. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  AuthorityError,
  type CertificateAuthority,
  type SigningRequest,
} from '../../src/ca/certificate-authority.ts'
import type { Svid } from '../../src/ca/held-svid.ts'
import {
  type SvidRequest,
  SvidRotation,
  type SvidRotationOptions,
} from '../../src/ca/svid-rotation.ts'
import { readX509Svid } from '../../src/ca/x509-svid.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { SeededEntropy } from '../support/seeded-entropy.ts'
import { anAuthority, NEVER, TRUST_DOMAIN, toDer } from './an-authority.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const ACCOUNT = { namespace: 'bookstore', name: 'bookstore' }
const PROXY: SvidRequest = { account: ACCOUNT, proxyUid: 'p1' }

/** An authority that counts, and that can be made to fail, to hang or to change its root. */
class ScriptedAuthority implements CertificateAuthority {
  readonly requests: SigningRequest[] = []
  failure: Error | undefined
  hangs = false
  #real: CertificateAuthority

  constructor(real: CertificateAuthority) {
    this.#real = real
  }

  async issue(request: SigningRequest, signal: AbortSignal) {
    this.requests.push(request)
    if (this.hangs)
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      )
    if (this.failure !== undefined) throw this.failure
    return await this.#real.issue(request, signal)
  }

  bundle() {
    return this.#real.bundle()
  }

  issuer() {
    return this.#real.issuer()
  }

  use(real: CertificateAuthority): void {
    this.#real = real
  }
}

async function aRotation(options: Partial<SvidRotationOptions> = {}) {
  const clock = new FakeClock()
  const log = new RecordingLogger()
  const entropy = new SeededEntropy()
  const authority = new ScriptedAuthority(await anAuthority({ clock, entropy, log }))
  log.lines.length = 0
  // The root is a month old when the story begins.
  clock.jumpWall(30 * DAY_MS)
  const rotation = new SvidRotation({
    authority,
    trustDomain: TRUST_DOMAIN,
    clock,
    // Half-way: renewal falls on exactly half of the life.
    entropy: { bytes: (length) => new Uint8Array(length).fill(0x80, 0, 1) },
    log,
    validityMs: () => DAY_MS,
    ...options,
  })
  return { clock, log, authority, rotation }
}

/** Holds a leaf and keeps what comes after it. */
function hold(rotation: SvidRotation, request = PROXY) {
  const letGo = new AbortController()
  const renewals: Svid[] = []
  const first = rotation.svid(request, (svid) => renewals.push(svid), letGo.signal)
  return { first, renewals, letGo }
}

const unavailable = (retryAfterMs?: number): AuthorityError =>
  new AuthorityError('Unavailable', 'the authority is away', retryAfterMs ? { retryAfterMs } : {})

describe('a leaf', () => {
  it('is the identity of the account, with a key that fits it', async () => {
    const { rotation, clock } = await aRotation()
    const svid = await rotation.svid(PROXY, () => undefined, NEVER)
    expect(readX509Svid(toDer(svid.chainPem))).toMatchObject({
      ok: true,
      value: {
        uri: 'spiffe://mesh.example/ns/bookstore/sa/bookstore',
        dnsSans: ['bookstore.bookstore.mesh.example'],
        notAfter: clock.now() + DAY_MS,
      },
    })
    expect(svid).toMatchObject({
      spiffeId: 'spiffe://mesh.example/ns/bookstore/sa/bookstore',
      notAfter: clock.now() + DAY_MS,
    })
    const certificate = new X509Certificate(svid.chainPem)
    expect(certificate.checkPrivateKey(createPrivateKey(svid.keyPem))).toBe(true)
  })

  it('is RSA all the way where the mesh asks for it', async () => {
    const { rotation } = await aRotation({ keyType: 'rsa2048' })
    const svid = await rotation.svid(PROXY, () => undefined, NEVER)
    expect(createPrivateKey(svid.keyPem).asymmetricKeyDetails?.modulusLength).toBe(2048)
  })

  it('carries no DNS name for an account with a dot, which OSM would read as another account', async () => {
    const { rotation, authority } = await aRotation()
    const account = { namespace: 'dev', name: 'admin.prod' }
    await rotation.svid({ account, proxyUid: 'p1' }, () => undefined, NEVER)
    expect(authority.requests[0]).toMatchObject({
      spiffeId: 'spiffe://mesh.example/ns/dev/sa/admin.prod',
      dnsSans: [],
    })
  })

  it('is issued once for a thousand askers at the same time', async () => {
    const { rotation, authority } = await aRotation()
    const svids = await Promise.all(
      Array.from({ length: 1000 }, () => rotation.svid(PROXY, () => undefined, NEVER)),
    )
    expect(authority.requests.length).toBe(1)
    expect(new Set(svids).size).toBe(1)
  })

  it('has a key of its own in each proxy, also where they share an account', async () => {
    const { rotation } = await aRotation()
    const svids = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        rotation.svid({ account: ACCOUNT, proxyUid: `p${index}` }, () => undefined, NEVER),
      ),
    )
    expect(new Set(svids.map((svid) => svid.keyPem)).size).toBe(40)
    expect(rotation.size).toBe(40)
  })

  it('never shows its key in a log', async () => {
    const { rotation, log, authority, clock } = await aRotation()
    const { first } = hold(rotation)
    const { keyPem } = await first
    authority.failure = unavailable()
    await clock.advance(DAY_MS)
    expect(log.lines.length).toBeGreaterThan(3)
    expect(inspect(log.lines, { depth: 9 })).not.toContain(keyPem.split('\n')[1])
  })
})

describe('renewal', () => {
  it('comes at half of the life, again and again, with a new key each time', async () => {
    const { rotation, clock } = await aRotation()
    const { first, renewals } = hold(rotation)
    const svid = await first
    await clock.advance(12 * HOUR_MS - 1)
    expect(renewals).toEqual([])
    await clock.advance(1)
    expect(renewals.map(({ notAfter }) => notAfter - svid.notAfter)).toEqual([12 * HOUR_MS])
    await clock.advance(3 * DAY_MS)
    expect(renewals.length).toBe(7)
    expect(new Set([svid, ...renewals].map(({ keyPem }) => keyPem)).size).toBe(8)
  })

  it('follows the lifetime that holds at the time', async () => {
    let validityMs = DAY_MS
    const { rotation, clock } = await aRotation({ validityMs: () => validityMs })
    const { first, renewals } = hold(rotation)
    await first
    validityMs = HOUR_MS
    await clock.advance(12 * HOUR_MS)
    expect(renewals.map(({ notAfter }) => notAfter - clock.now())).toEqual([HOUR_MS])
    await clock.advance(HOUR_MS)
    expect(renewals.length).toBe(3)
  })

  it('reaches everybody who holds the leaf, and nobody who let it go', async () => {
    const { rotation, clock } = await aRotation()
    const [one, two] = [hold(rotation), hold(rotation)]
    await Promise.all([one.first, two.first])
    one.letGo.abort()
    await clock.advance(12 * HOUR_MS)
    expect([one.renewals.length, two.renewals.length]).toEqual([0, 1])
    expect(await hold(rotation).first).toBe(two.renewals[0])
  })

  it('stops, and the key is forgotten, when the last holder lets go', async () => {
    const { rotation, clock, authority } = await aRotation()
    const { first, letGo } = hold(rotation)
    const before = await first
    letGo.abort()
    expect(rotation.size).toBe(0)
    await clock.advance(2 * DAY_MS)
    expect(authority.requests.length).toBe(1)
    expect(clock.sleeping).toBe(0)
    expect((await hold(rotation).first).keyPem).not.toBe(before.keyPem)
  })

  it('comes when another root signs, though the leaf is young', async () => {
    const { rotation, clock, authority } = await aRotation()
    const { first, renewals } = hold(rotation)
    await first
    const other = await anAuthority({ clock, entropy: new SeededEntropy(7) })
    authority.use(other)
    await clock.advance(MINUTE_MS)
    expect(renewals.length).toBe(1)
    const root = new X509Certificate(other.bundle().rootsPem[0]!)
    expect(new X509Certificate(renewals[0]!.chainPem).verify(root.publicKey)).toBe(true)
    await clock.advance(HOUR_MS)
    expect(renewals.length).toBe(1)
  })
})

describe('when the wall clock jumps', () => {
  it('three days forward, every leaf is renewed at once and once', async () => {
    const { rotation, clock, log } = await aRotation()
    const held = Array.from({ length: 50 }, (_, index) =>
      hold(rotation, { account: ACCOUNT, proxyUid: `p${index}` }),
    )
    await Promise.all(held.map(({ first }) => first))
    clock.jumpWall(3 * DAY_MS)
    await clock.advance(MINUTE_MS)
    expect(held.map(({ renewals }) => renewals.length)).toEqual(new Array(50).fill(1))
    expect(held[0]?.renewals[0]?.notAfter).toBeGreaterThan(clock.now())
    expect(log.lines).toEqual([
      {
        level: 'warn',
        sentence: 'the wall clock jumped; certificates are judged by it',
        fields: { jumpMs: 3 * DAY_MS },
      },
    ])
  })

  it('three days back, nothing is renewed before its time, and then it is', async () => {
    const { rotation, clock, log } = await aRotation()
    const { first, renewals } = hold(rotation)
    await first
    clock.jumpWall(-3 * DAY_MS)
    await clock.advance(12 * HOUR_MS - 1)
    expect(renewals).toEqual([])
    await clock.advance(1)
    expect(renewals.length).toBe(1)
    await clock.advance(DAY_MS)
    expect(renewals.length).toBe(3)
    expect(log.sentences).toEqual(['warn: the wall clock jumped; certificates are judged by it'])
  })
})

describe('an authority that fails', () => {
  it('is asked again, later and later, and the first asker gets the leaf in the end', async () => {
    const { rotation, clock, authority, log } = await aRotation()
    authority.failure = unavailable()
    const { first } = hold(rotation)
    await clock.advance(10 * MINUTE_MS)
    // 0.75 of 1, 2, 4, 8, 16, 32 s, then of a minute at a time.
    expect(authority.requests.length).toBe(6 + 1 + Math.floor((600 - 0.75 * 63) / 45))
    authority.failure = undefined
    await clock.advance(MINUTE_MS)
    expect((await first).notAfter).toBeGreaterThan(clock.now())
    expect(log.lines[0]).toEqual({
      level: 'warn',
      sentence: 'certificate not issued, trying again',
      fields: {
        spiffeId: 'spiffe://mesh.example/ns/bookstore/sa/bookstore',
        code: 'Unavailable',
        error: 'the authority is away',
        waitMs: 750,
      },
    })
  })

  it('is left alone for as long as it asks, within five minutes', async () => {
    const { rotation, clock, authority } = await aRotation()
    authority.failure = unavailable(4 * MINUTE_MS)
    hold(rotation)
    await clock.advance(4 * MINUTE_MS - 1)
    expect(authority.requests.length).toBe(1)
    await clock.advance(1)
    expect(authority.requests.length).toBe(2)
    authority.failure = unavailable(DAY_MS)
    await clock.advance(4 * MINUTE_MS)
    const before = authority.requests.length
    await clock.advance(5 * MINUTE_MS)
    expect(authority.requests.length).toBe(before + 1)
  })

  it('leaves the old leaf in use and sounds one alarm when a sixth of it is left', async () => {
    const { rotation, clock, authority, log } = await aRotation()
    const { first, renewals } = hold(rotation)
    const svid = await first
    authority.failure = unavailable()
    await clock.advance(20 * HOUR_MS - 1)
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([])
    await clock.advance(1)
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        sentence: 'certificate is near its end and cannot be renewed: its proxy will be cut off',
        fields: {
          spiffeId: 'spiffe://mesh.example/ns/bookstore/sa/bookstore',
          code: 'Unavailable',
          error: 'the authority is away',
          endsAt: new Date(svid.notAfter).toISOString(),
        },
      },
    ])
    await clock.advance(8 * HOUR_MS)
    expect(log.lines.filter(({ level }) => level === 'error').length).toBe(1)
    authority.failure = undefined
    await clock.advance(MINUTE_MS)
    expect(renewals.length).toBe(1)
  })

  it('sounds the alarm also when the authority never answers', async () => {
    const { rotation, clock, authority, log } = await aRotation()
    await hold(rotation).first
    authority.hangs = true
    await clock.advance(20 * HOUR_MS + 2 * MINUTE_MS)
    expect(log.lines.find(({ level }) => level === 'error')?.fields).toMatchObject({
      code: 'Unavailable',
      error: 'the certificate authority did not answer within 60 s',
    })
  })

  it('ends the asking when it denies the first leaf, and is asked afresh by the next asker', async () => {
    const { rotation, authority } = await aRotation()
    authority.failure = new AuthorityError('Denied', 'not this one')
    await expect(hold(rotation).first).rejects.toBe(authority.failure)
    expect(rotation.size).toBe(0)
    authority.failure = undefined
    expect(await hold(rotation).first).toMatchObject({ spiffeId: expect.any(String) })
  })

  it('does not take a leaf from its holder by denying its renewal', async () => {
    const { rotation, clock, authority, log } = await aRotation()
    const { first, renewals } = hold(rotation)
    await first
    authority.failure = new AuthorityError('Denied', 'not any more')
    await clock.advance(21 * HOUR_MS)
    expect(log.lines.filter(({ level }) => level === 'error').length).toBe(1)
    authority.failure = undefined
    await clock.advance(MINUTE_MS)
    expect(renewals.length).toBe(1)
  })

  it('is not believed when what it returns is not what was asked for', async () => {
    const { rotation, clock, authority, log } = await aRotation()
    const honest = await anAuthority({ clock })
    const wrong = await honest.issue(
      { ...(await lastRequest(rotation, authority)), dnsSans: [] },
      NEVER,
    )
    authority.use({
      issue: () => Promise.resolve(wrong),
      bundle: () => honest.bundle(),
      issuer: () => 'other',
    })
    await clock.advance(MINUTE_MS)
    expect(log.lines.at(-1)?.fields['code']).toBe('Misconfigured')
  })
})

describe('letting go', () => {
  it('while waiting ends the wait with the reason', async () => {
    const { rotation, authority, clock } = await aRotation()
    authority.hangs = true
    const { first, letGo } = hold(rotation)
    const reason = new Error('stream closed')
    letGo.abort(reason)
    await expect(first).rejects.toBe(reason)
    expect(rotation.size).toBe(0)
    await clock.advance(MINUTE_MS)
    expect(clock.sleeping).toBe(0)
  })

  it('before asking asks nobody', async () => {
    const { rotation, authority } = await aRotation()
    const reason = new Error('too late')
    const asked = rotation.svid(PROXY, () => undefined, AbortSignal.abort(reason))
    await expect(asked).rejects.toBe(reason)
    expect(authority.requests).toEqual([])
  })

  it('does not disturb others who wait for the same leaf', async () => {
    const { rotation } = await aRotation()
    const [one, two] = [hold(rotation), hold(rotation)]
    one.letGo.abort(new Error('gone'))
    await expect(one.first).rejects.toThrow('gone')
    expect(await two.first).toMatchObject({ spiffeId: expect.any(String) })
  })
})

async function lastRequest(rotation: SvidRotation, authority: ScriptedAuthority) {
  await hold(rotation).first
  return authority.requests.at(-1)!
}
