/**
 * The peer validator against certificates that are odd in one way each, over real TLS. Each row says who refuses it: the
 * TLS stack, which checks the chain, or our rules, which check that it is an identity. `authorized` alone is not enough.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPeerIdentity } from '../../src/ca/peer-identity.ts'
import type { Instant } from '../../src/model/clock.ts'
import { toTrustDomain } from '../../src/model/spiffe-id.ts'
import {
  aBasicConstraints,
  aCa,
  aKeyUsage,
  aName,
  anExtendedKeyUsage,
  anExtension,
  aSan,
  CLIENT_AUTH,
  type Der,
  der,
  dns,
  LEAF_KEY_USAGE,
  type OddCertificate,
  oddCertificate,
  SERVER_AUTH,
  seq,
  text,
  toPem,
  uri,
} from '../support/odd-certificate.ts'

const HOUR_MS = 3_600_000
const trustDomain = toTrustDomain('mesh.example')
const ID = 'spiffe://mesh.example/ns/bookstore/sa/bookstore/proxy/7d3f'
const root = aCa('root')
const stranger = aCa('stranger')
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const BC = aBasicConstraints()
const KU = aKeyUsage(LEAF_KEY_USAGE)
const EKU = anExtendedKeyUsage(SERVER_AUTH, CLIENT_AUTH)
const SAN = aSan([uri(ID), dns('bookstore.bookstore.mesh.example')])
const IN_DOMAIN = anExtension('2.5.29.30', true, seq(der(0xa0, seq(text(0x86, 'mesh.example')))))

function aLeaf(odd: Partial<OddCertificate> = {}): Der {
  return oddCertificate({
    publicKey: keys.publicKey,
    issuer: root,
    extensions: [BC, KU, EKU, SAN],
    ...odd,
  })
}

/** A leaf that says it is of another trust domain than its issuer may speak for. */
function constrainedLeaf(domain: string): { chain: Der[] } {
  const intermediate = aCa('constrained', { by: root, extensions: [IN_DOMAIN] })
  const leaf = aLeaf({
    issuer: intermediate,
    extensions: [BC, KU, EKU, aSan([uri(`spiffe://${domain}/ns/a/sa/b`)])],
  })
  return { chain: [leaf, intermediate.certificate] }
}

interface Presented {
  readonly chain: readonly Der[]
  readonly key?: KeyObject
}

/** What a server that trusts `root` says of a client that presents the chain. */
async function present({ chain, key = keys.privateKey }: Presented): Promise<string> {
  const ca = toPem(root.certificate)
  const server = createServer({
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: toPem(aLeaf()),
    ca,
    requestCert: true,
    rejectUnauthorized: false,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'secureConnection')
  const client = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    ca,
    cert: chain.map(toPem).join(''),
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    checkServerIdentity: () => undefined,
  })
  client.on('error', () => undefined)
  try {
    const [socket] = (await accepted) as [TLSSocket]
    if (!socket.authorized) return 'refused by TLS'
    const now = Date.now() as Instant
    const identity = readPeerIdentity(socket.getPeerCertificate().raw, { trustDomain, now })
    return identity.ok ? 'accepted' : identity.error.code
  } finally {
    client.destroy()
    server.close()
  }
}

const withNames = (...names: readonly Der[]): Der =>
  aLeaf({ extensions: [BC, KU, EKU, aSan(names)] })

const ROWS: readonly (readonly [string, () => Presented | Der, string])[] = [
  ['a sound leaf', () => aLeaf(), 'accepted'],
  ['no extended key usage', () => aLeaf({ extensions: [BC, KU, SAN] }), 'accepted'],
  ['no basic constraints, which means no CA', () => aLeaf({ extensions: [KU, SAN] }), 'accepted'],
  [
    'basic constraints that spell out cA false',
    () => aLeaf({ extensions: [aBasicConstraints(seq(der(0x01, [0]))), KU, SAN] }),
    'accepted',
  ],
  ['no authority key identifier', () => aLeaf({ extensions: [BC, KU, EKU, SAN] }), 'accepted'],
  [
    'a common name of 100 characters, as nothing reads it',
    () => aLeaf({ subject: aName('n'.repeat(100)) }),
    'accepted',
  ],
  [
    'an empty subject with critical names',
    () => aLeaf({ subject: seq(), extensions: [BC, KU, EKU, aSan([uri(ID)], true)] }),
    'accepted',
  ],
  ['an issuer constrained to our trust domain', () => constrainedLeaf('mesh.example'), 'accepted'],
  [
    'keyAgreement as the only use of the key',
    () => aLeaf({ extensions: [BC, aKeyUsage(0x08), EKU, SAN] }),
    'BadKeyUsage',
  ],
  ['no key usage', () => aLeaf({ extensions: [BC, EKU, SAN] }), 'BadKeyUsage'],
  [
    'a key usage that is not critical',
    () => aLeaf({ extensions: [BC, aKeyUsage(LEAF_KEY_USAGE, false), SAN] }),
    'BadKeyUsage',
  ],
  [
    'a key that may sign certificates',
    () => aLeaf({ extensions: [BC, aKeyUsage(0x84), SAN] }),
    'BadKeyUsage',
  ],
  [
    'a key that may sign revocation lists',
    () => aLeaf({ extensions: [BC, aKeyUsage(0x82), SAN] }),
    'BadKeyUsage',
  ],
  [
    'a CA in place of a leaf',
    () =>
      aLeaf({ extensions: [aBasicConstraints(seq(der(0x01, [0xff]))), aKeyUsage(0x86), EKU, SAN] }),
    'IsCa',
  ],
  [
    'two URI names',
    () => withNames(uri(ID), uri('spiffe://mesh.example/ns/a/sa/b')),
    'BadSubjectAlternativeName',
  ],
  [
    'a DNS name that prints like a URI name',
    () => withNames(dns(`x, URI:${ID}`)),
    'BadSubjectAlternativeName',
  ],
  ['no names', () => aLeaf({ extensions: [BC, KU, EKU] }), 'BadSubjectAlternativeName'],
  [
    'an empty subject with names that are not critical',
    () => aLeaf({ subject: seq() }),
    'BadSubjectAlternativeName',
  ],
  ['a SPIFFE ID without a path', () => withNames(uri('spiffe://mesh.example')), 'NotASpiffeId'],
  ['a SPIFFE ID with a query', () => withNames(uri(`${ID}?a=b`)), 'NotASpiffeId'],
  ['a SPIFFE ID with a line feed at its end', () => withNames(uri(`${ID}\n`)), 'NotASpiffeId'],
  ['a SPIFFE ID with a NUL', () => withNames(uri(`${ID}\0.elsewhere`)), 'NotASpiffeId'],
  [
    'another trust domain',
    () => withNames(uri('spiffe://elsewhere/ns/a/sa/b')),
    'OtherTrustDomain',
  ],
  ['a negative serial', () => aLeaf({ serial: [0x80] }), 'BadSerial'],
  ['a serial of zero', () => aLeaf({ serial: [0] }), 'BadSerial'],
  ['a serial of 21 octets', () => aLeaf({ serial: [0x41, ...new Array(20).fill(1)] }), 'BadSerial'],
  ['X.509 v1', () => aLeaf({ version: 1 }), 'NotVersion3'],
  ['an extension twice', () => aLeaf({ extensions: [BC, KU, EKU, SAN, SAN] }), 'refused by TLS'],
  [
    'extended key usage for servers only',
    () => aLeaf({ extensions: [BC, KU, anExtendedKeyUsage(SERVER_AUTH), SAN] }),
    'refused by TLS',
  ],
  [
    'extended key usage for clients only',
    () => aLeaf({ extensions: [BC, KU, anExtendedKeyUsage(CLIENT_AUTH), SAN] }),
    'BadExtendedKeyUsage',
  ],
  [
    'a leaf that has ended',
    () => aLeaf({ notBefore: Date.now() - 2 * HOUR_MS, notAfter: Date.now() - HOUR_MS }),
    'refused by TLS',
  ],
  [
    'a leaf that has not begun',
    () => aLeaf({ notBefore: Date.now() + HOUR_MS, notAfter: Date.now() + 2 * HOUR_MS }),
    'refused by TLS',
  ],
  [
    'an unknown critical extension',
    () => aLeaf({ extensions: [BC, KU, SAN, anExtension('1.2.3.4', true, seq())] }),
    'refused by TLS',
  ],
  ['another CA', () => aLeaf({ issuer: stranger }), 'refused by TLS'],
  [
    'the right issuer by name, signed with another key',
    () => aLeaf({ issuer: { name: root.name, key: stranger.key } }),
    'refused by TLS',
  ],
  [
    'a self-signed leaf',
    () => aLeaf({ subject: aName('self'), issuer: { name: aName('self'), key: keys.privateKey } }),
    'refused by TLS',
  ],
  [
    'a leaf signed by a leaf',
    () => ({
      chain: [
        aLeaf({
          issuer: { name: aName('leaf'), key: keys.privateKey },
          subject: aName('grandchild'),
        }),
        aLeaf(),
      ],
    }),
    'refused by TLS',
  ],
  [
    'an issuer constrained to our trust domain, speaking for another',
    () => constrainedLeaf('elsewhere'),
    'refused by TLS',
  ],
]

describe('a client that presents', () => {
  it.each(ROWS)('%s', async (_, make, verdict) => {
    const presented = make()
    expect(await present(Buffer.isBuffer(presented) ? { chain: [presented] } : presented)).toBe(
      verdict,
    )
  })
})

describe('reading a peer identity', () => {
  const certificate = aLeaf({ notBefore: 1_000_000_000, notAfter: 2_000_000_000 })
  const read = (now: number) => readPeerIdentity(certificate, { trustDomain, now: now as Instant })

  it('says who it is and until when', () => {
    expect(read(1_500_000_000)).toEqual({
      ok: true,
      value: {
        trustDomain,
        account: { namespace: 'bookstore', name: 'bookstore' },
        proxyUid: '7d3f',
        notAfter: 2_000_000_000,
      },
    })
  })

  it('wants both uses, whatever the TLS stack checked for the side it was on', () => {
    for (const uses of [[SERVER_AUTH], [CLIENT_AUTH], []]) {
      const leaf = aLeaf({ extensions: [BC, KU, anExtendedKeyUsage(...uses), SAN] })
      const verdict = readPeerIdentity(leaf, { trustDomain, now: Date.now() as Instant })
      expect(verdict).toMatchObject({ error: { code: 'BadExtendedKeyUsage' } })
    }
  })

  it('checks the time itself, as a resumed TLS session does not', () => {
    expect(read(999_999_999)).toMatchObject({ ok: false, error: { code: 'NotYetValid' } })
    expect(read(1_999_999_999)).toMatchObject({ ok: true })
    expect(read(2_000_000_000)).toMatchObject({
      ok: false,
      error: { code: 'Expired', message: 'it expired at 1970-01-24T03:33:20.000Z' },
    })
  })

  it('cuts and quotes what the peer wrote', () => {
    const evil = oddCertificate({
      publicKey: keys.publicKey,
      issuer: root,
      extensions: [BC, KU, aSan([uri(`spiffe://\u001b[31m${'x'.repeat(500)}`)])],
    })
    const verdict = readPeerIdentity(evil, { trustDomain, now: Date.now() as Instant })
    expect(verdict).toMatchObject({ ok: false, error: { code: 'NotASpiffeId' } })
    const message = verdict.ok ? '' : verdict.error.message
    expect(message).toContain('"spiffe://\\u001b[31mxxx')
    expect(message.length).toBeLessThan(260)
  })

  it('answers for any bytes, and refuses a certificate that is cut short or has bytes put in', () => {
    const sound = aLeaf()
    const now = Date.now() as Instant
    const position = fc.nat(sound.length - 1)
    const damage = fc.oneof(
      fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(position, fc.nat(255))
        .map(([at, byte]) => Buffer.from(sound).fill(byte, at, at + 1)),
      position.map((at) => sound.subarray(0, at)),
      fc
        .tuple(position, fc.uint8Array({ minLength: 1, maxLength: 9 }))
        .map(([at, more]) => Buffer.concat([sound.subarray(0, at), more, sound.subarray(at)])),
    )
    fc.assert(
      fc.property(damage, (bytes) => {
        const verdict = readPeerIdentity(bytes, { trustDomain, now })
        // Of equal length, a bit outside what we read may differ: the signature that TLS checks covers it.
        expect(verdict.ok && bytes.length !== sound.length).toBe(false)
      }),
      { numRuns: 3000 },
    )
  })

  it('refuses anything after the certificate', () => {
    const now = Date.now() as Instant
    const more = Buffer.concat([aLeaf(), Buffer.of(0)])
    expect(readPeerIdentity(more, { trustDomain, now })).toMatchObject({
      error: { code: 'Malformed' },
    })
  })
})
