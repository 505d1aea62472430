/** The fields of a certificate, read from its DER and nothing else. */
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readCertificateFields } from '../../src/ca/certificate-fields.ts'
import { readSequence } from '../../src/ca/der.ts'
import {
  aCa,
  aName,
  anExtension,
  type Der,
  der,
  oddCertificate,
  oid,
  seq,
  text,
} from '../support/odd-certificate.ts'

const issuer = aCa('root')
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = publicKey.export({ type: 'spki', format: 'der' })

/** A certificate with hand-made members after its key, and hand-made times; signed by nobody. */
function assembled(parts: {
  readonly times?: readonly Der[]
  readonly tail?: readonly Der[]
}): Der {
  const algorithm = seq(oid('1.2.840.10045.4.3.2'))
  const times = parts.times ?? [text(0x17, '260101000000Z'), text(0x17, '270101000000Z')]
  const tbs = seq(
    der(0xa0, der(0x02, [2])),
    der(0x02, [1]),
    algorithm,
    issuer.name,
    seq(...times),
    seq(),
    spki,
    ...(parts.tail ?? []),
  )
  return seq(tbs, algorithm, der(0x03, [0]))
}

describe('certificate fields', () => {
  it('are those that were written', () => {
    const extension = anExtension('1.2.3.4', true, der(0x05))
    const certificate = oddCertificate({
      publicKey,
      issuer,
      serial: [0x41, 9],
      subject: aName('leaf'),
      notBefore: 1_000_000_000,
      notAfter: 2_000_000_000,
      extensions: [extension, anExtension('1.2.3.5', false, seq())],
    })
    expect(readCertificateFields(certificate)).toEqual({
      version: 3,
      serial: Buffer.of(0x41, 9),
      subject: aName('leaf'),
      notBefore: 1_000_000_000,
      notAfter: 2_000_000_000,
      publicKey: spki,
      extensions: new Map([
        ['1.2.3.4', { critical: true, value: Buffer.of(5, 0) }],
        ['1.2.3.5', { critical: false, value: Buffer.of(0x30, 0) }],
      ]),
    })
  })

  it.each([
    ['UTCTime of this century', text(0x17, '491231235959Z'), '2049-12-31T23:59:59.000Z'],
    ['UTCTime of the last century', text(0x17, '500101000000Z'), '1950-01-01T00:00:00.000Z'],
    ['GeneralizedTime', text(0x18, '20500101000000Z'), '2050-01-01T00:00:00.000Z'],
    ['a leap day', text(0x17, '280229000000Z'), '2028-02-29T00:00:00.000Z'],
  ])('read %s', (_, time, iso) => {
    const fields = readCertificateFields(assembled({ times: [time, time] }))
    expect(new Date(fields?.notBefore ?? 0).toISOString()).toBe(iso)
  })

  it.each([
    ['a day that does not exist', text(0x17, '270229000000Z')],
    ['a time without its Z', text(0x17, '260101000000')],
    ['a time in another zone', text(0x17, '260101000000+0100')],
    ['a time without seconds', text(0x17, '2601010000Z')],
    ['fractions of a second', text(0x18, '20260101000000.5Z')],
    ['text in place of a time', text(0x0c, '260101000000Z')],
  ])('refuse %s', (_, time) => {
    expect(readCertificateFields(assembled({ times: [time, time] }))).toBeUndefined()
  })

  it('refuse a validity of one time or of three', () => {
    const time = text(0x17, '260101000000Z')
    expect(readCertificateFields(assembled({ times: [time] }))).toBeUndefined()
    expect(readCertificateFields(assembled({ times: [time, time, time] }))).toBeUndefined()
  })

  it.each([
    [
      'an extension twice',
      [anExtension('1.2.3.4', false, seq()), anExtension('1.2.3.4', false, seq())],
    ],
    ['an extension without a value', [seq(oid('1.2.3.4'))]],
    [
      'a critical flag that is neither left out nor true',
      [seq(oid('1.2.3.4'), der(0x01, [1]), der(0x04))],
    ],
    [
      'an extension of four members',
      [seq(oid('1.2.3.4'), der(0x01, [0xff]), der(0x04), der(0x04))],
    ],
    ['an extension that is no sequence', [der(0x04)]],
  ])('refuse %s', (_, extensions) => {
    const tail = [der(0xa3, seq(...extensions))]
    expect(readCertificateFields(assembled({ tail }))).toBeUndefined()
  })

  it('refuse members that X.509 does not have, and extensions given twice', () => {
    const extensions = der(0xa3, seq(anExtension('1.2.3.4', false, seq())))
    expect(readCertificateFields(assembled({ tail: [extensions] }))).toBeDefined()
    expect(readCertificateFields(assembled({ tail: [der(0xa4), extensions] }))).toBeUndefined()
    expect(readCertificateFields(assembled({ tail: [extensions, extensions] }))).toBeUndefined()
  })

  it('refuse a certificate without its signature, or with something after it', () => {
    const members = readSequence(assembled({}))?.map(({ whole }) => whole) ?? []
    expect(readCertificateFields(seq(...members))).toBeDefined()
    expect(readCertificateFields(seq(...members.slice(0, 2)))).toBeUndefined()
    expect(readCertificateFields(seq(...members, der(0x05)))).toBeUndefined()
  })

  it('refuse what is not a certificate', () => {
    for (const bytes of [Buffer.alloc(0), seq(), seq(seq(), seq(), seq()), spki])
      expect(readCertificateFields(bytes)).toBeUndefined()
  })
})
