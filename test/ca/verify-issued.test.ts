/** An authority that is wrong, on purpose or not, is found out before anybody uses what it issued. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SigningRequest } from '../../src/ca/certificate-authority.ts'
import { issueVerified } from '../../src/ca/issue-verified.ts'
import { verifyIssued } from '../../src/ca/verify-issued.ts'
import type { Instant } from '../../src/model/clock.ts'
import { FakeClock } from '../support/fake-clock.ts'
import {
  aBasicConstraints,
  aCa,
  aKeyUsage,
  aName,
  anExtendedKeyUsage,
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
  toPem,
  uri,
} from '../support/odd-certificate.ts'
import { anAuthority, aSigningRequest, NEVER } from './an-authority.ts'

const NOW = Date.now() as Instant
const HOUR_MS = 3_600_000
const root = aCa('root')
const stranger = aCa('stranger')
const key: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
const otherKey: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
const request: SigningRequest = aSigningRequest({ publicKey: key, validityMs: HOUR_MS })
const SAN = aSan([uri(request.spiffeId), ...request.dnsSans.map(dns)])

function extensionsWith(names: Der): readonly Der[] {
  const uses = anExtendedKeyUsage(SERVER_AUTH, CLIENT_AUTH)
  return [aBasicConstraints(), aKeyUsage(LEAF_KEY_USAGE), uses, names]
}

function aLeaf(odd: Partial<OddCertificate> = {}): Der {
  return oddCertificate({
    publicKey: key,
    issuer: root,
    notAfter: NOW + HOUR_MS,
    extensions: extensionsWith(SAN),
    ...odd,
  })
}

function verdict(chain: readonly Der[] | string, trusted: readonly Der[] = [root.certificate]) {
  const chainPem = typeof chain === 'string' ? chain : chain.map(toPem).join('')
  const issued = { chainPem, notBefore: 0 as Instant, notAfter: 9e15 as Instant, serial: 'f00' }
  const bundle = { sequence: 1, rootsPem: trusted.map(toPem) }
  return verifyIssued({ issued, request, bundle, now: NOW })
}

const intermediate = aCa('intermediate', { by: root })
describe('a certificate from an authority', () => {
  it('is handed on with the validity that it carries, not the one the authority claims', () => {
    const notBefore = Math.floor((NOW - 60_000) / 1000) * 1000
    const notAfter = Math.floor((NOW + HOUR_MS) / 1000) * 1000
    const leaf = aLeaf({ notBefore, notAfter })
    expect(verdict([leaf])).toEqual({
      ok: true,
      value: { chainPem: toPem(leaf), notBefore, notAfter },
    })
  })

  it('may come with intermediates, and may lead to any root of the bundle', () => {
    const leaf = aLeaf({ issuer: intermediate })
    const trusted = [stranger.certificate, root.certificate]
    expect(verdict([leaf, intermediate.certificate], trusted)).toMatchObject({ ok: true })
  })

  it('may live shorter than asked for, as when its root ends', () => {
    expect(verdict([aLeaf({ notAfter: NOW + 60_000 })])).toMatchObject({ ok: true })
  })

  it.each<readonly [string, () => ReturnType<typeof verdict>, string | RegExp]>([
    ['an empty chain', () => verdict(''), 'expected a chain of 1 to 5 certificates in PEM'],
    [
      'what is not a certificate',
      () => verdict([Buffer.from('nonsense')]),
      'expected a chain of 1 to 5 certificates in PEM',
    ],
    [
      'a chain without end',
      () => verdict(new Array(6).fill(aLeaf())),
      'expected a chain of 1 to 5 certificates in PEM',
    ],
    [
      'another identity',
      () =>
        verdict([
          aLeaf({
            extensions: extensionsWith(aSan([uri('spiffe://mesh.example/ns/admin/sa/root')])),
          }),
        ]),
      'asked for "spiffe://mesh.example/ns/bookstore/sa/bookstore-v1", got "spiffe://mesh.example/ns/admin/sa/root"',
    ],
    [
      'two identities',
      () =>
        verdict([
          aLeaf({
            extensions: extensionsWith(aSan([uri(request.spiffeId), uri('spiffe://x/ns/a/sa/b')])),
          }),
        ]),
      /^the leaf is not an X.509-SVID: it has several URIs/,
    ],
    [
      'a DNS name that was never asked for',
      () =>
        verdict([
          aLeaf({
            extensions: extensionsWith(
              aSan([uri(request.spiffeId), ...request.dnsSans.map(dns), dns('admin.mesh.example')]),
            ),
          }),
        ]),
      'its DNS name "admin.mesh.example" was never asked for',
    ],
    [
      'a DNS name left out',
      () => verdict([aLeaf({ extensions: extensionsWith(aSan([uri(request.spiffeId)])) })]),
      'the DNS name "bookstore-v1.bookstore.mesh.example" was asked for and left out',
    ],
    [
      'another key',
      () => verdict([aLeaf({ publicKey: otherKey })]),
      'it certifies another key than the one asked about',
    ],
    [
      'a CA',
      () =>
        verdict([
          aLeaf({
            extensions: [aBasicConstraints(seq(der(0x01, [0xff]))), aKeyUsage(LEAF_KEY_USAGE), SAN],
          }),
        ]),
      /^the leaf is not an X.509-SVID: its basic constraints/,
    ],
    [
      'a leaf that has ended',
      () => verdict([aLeaf({ notBefore: NOW - HOUR_MS, notAfter: NOW - 1000 })]),
      /^it ended at .* already$/,
    ],
    [
      'a leaf that begins later',
      () => verdict([aLeaf({ notBefore: NOW + 120_000 })]),
      /^it begins at .* only$/,
    ],
    [
      'a longer life',
      () => verdict([aLeaf({ notAfter: NOW + HOUR_MS + 120_000 })]),
      /^it ends at .*, later than asked for$/,
    ],
    [
      'a chain to another root',
      () => verdict([aLeaf({ issuer: stranger })]),
      'the chain leads to none of the roots in the trust bundle',
    ],
    [
      "the root's name with another key behind it",
      () => verdict([aLeaf({ issuer: { name: root.name, key: stranger.key } })]),
      'the chain leads to none of the roots in the trust bundle',
    ],
    [
      'a chain with a certificate that does not belong',
      () => verdict([aLeaf(), stranger.certificate]),
      'the chain leads to none of the roots in the trust bundle',
    ],
    [
      'a leaf signed by a leaf',
      () => {
        const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
        const middle = aLeaf({ publicKey: signer.publicKey, subject: aName('middle') })
        const leaf = aLeaf({ issuer: { name: aName('middle'), key: signer.privateKey } })
        return verdict([leaf, middle])
      },
      'the chain leads to none of the roots in the trust bundle',
    ],
    [
      'a leaf signed by a certificate that says nothing about what it may do',
      () => {
        const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
        const middle = aLeaf({
          publicKey: signer.publicKey,
          subject: aName('middle'),
          extensions: [],
        })
        const leaf = aLeaf({ issuer: { name: aName('middle'), key: signer.privateKey } })
        return verdict([leaf, middle])
      },
      'its chain holds a certificate that is not a CA',
    ],
    [
      'a life beyond that of its root',
      () => {
        const ending = aCa('ending', { notAfter: NOW + HOUR_MS / 2 })
        return verdict([aLeaf({ issuer: ending })], [ending.certificate])
      },
      /^it outlives its chain, which ends at /,
    ],
    [
      'a life beyond that of an intermediate',
      () => {
        const ending = aCa('ending', { by: root, notAfter: NOW + HOUR_MS / 2 })
        return verdict([aLeaf({ issuer: ending }), ending.certificate])
      },
      /^it outlives its chain, which ends at /,
    ],
  ])('is refused: %s', (_, run, sentence) => {
    const result = run()
    expect(result.ok ? 'accepted' : result.error).toEqual(
      typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
    )
  })
})

describe('issuing', () => {
  it('names the identity when the authority returns something else', async () => {
    const clock = new FakeClock()
    const authority = await anAuthority({ clock })
    const wrong = await authority.issue(aSigningRequest({ dnsSans: [] }), NEVER)
    const lying = {
      bundle: () => authority.bundle(),
      issuer: () => '',
      issue: () => Promise.resolve(wrong),
    }
    await expect(
      issueVerified({ authority: lying, clock }, aSigningRequest(), NEVER),
    ).rejects.toMatchObject({
      name: 'AuthorityError',
      code: 'Misconfigured',
      message:
        'the certificate authority returned a wrong certificate for spiffe://mesh.example/ns/bookstore/sa/bookstore-v1: the DNS name "bookstore-v1.bookstore.mesh.example" was asked for and left out',
    })
  })
})
