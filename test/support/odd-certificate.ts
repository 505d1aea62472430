/**
 * Certificates as an attacker or a careless authority would make them: every field can be wrong. A DER writer of its own,
 * so that the reader under test is not checked against the writer it ships with.
 */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export type Der = Buffer

export function der(tag: number, ...content: readonly (Der | number[])[]): Der {
  const body = Buffer.concat(content.map((part) => Buffer.from(part)))
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body])
  const hex = body.length.toString(16)
  const length = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body])
}

export function seq(...members: readonly Der[]): Der {
  return der(0x30, ...members)
}

export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f]
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80)
    return digits
  })
  return der(0x06, bytes)
}

export function text(tag: number, value: string): Der {
  return der(tag, Buffer.from(value, 'utf8'))
}

export function anExtension(id: string, critical: boolean, value: Der): Der {
  return seq(oid(id), ...(critical ? [der(0x01, [0xff])] : []), der(0x04, value))
}

export const uri = (name: string): Der => text(0x86, name)
export const dns = (name: string): Der => text(0x82, name)

export const aSan = (names: readonly Der[], critical = false): Der =>
  anExtension('2.5.29.17', critical, seq(...names))
export const aKeyUsage = (bits: number, critical = true): Der =>
  anExtension('2.5.29.15', critical, der(0x03, [0, bits]))
export const aBasicConstraints = (content: Der = seq(), critical = true): Der =>
  anExtension('2.5.29.19', critical, content)
export const anExtendedKeyUsage = (...uses: readonly string[]): Der =>
  anExtension('2.5.29.37', false, seq(...uses.map(oid)))

export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
export const LEAF_KEY_USAGE = 0x80
export const CA_KEY_USAGE = 0x06

export function aName(commonName: string): Der {
  return seq(der(0x31, seq(oid('2.5.4.3'), text(0x0c, commonName))))
}

export interface Issuer {
  readonly name: Der
  readonly key: KeyObject
}

export interface OddCertificate {
  readonly publicKey: KeyObject
  readonly issuer: Issuer
  readonly version?: 1 | 3
  readonly serial?: readonly number[]
  readonly subject?: Der
  readonly notBefore?: number
  readonly notAfter?: number
  readonly extensions?: readonly Der[]
  readonly hash?: 'sha256' | 'sha1'
}

const ECDSA = { sha256: '1.2.840.10045.4.3.2', sha1: '1.2.840.10045.4.1' }

export function oddCertificate(odd: OddCertificate): Der {
  const hash = odd.hash ?? 'sha256'
  const algorithm = seq(oid(ECDSA[hash]))
  const isV1 = odd.version === 1
  const tbs = seq(
    ...(isV1 ? [] : [der(0xa0, der(0x02, [2]))]),
    der(0x02, [...(odd.serial ?? [0x41, 1, 2, 3])]),
    algorithm,
    odd.issuer.name,
    seq(aTime(odd.notBefore ?? Date.now() - 60_000), aTime(odd.notAfter ?? Date.now() + 3_600_000)),
    odd.subject ?? aName('leaf'),
    odd.publicKey.export({ type: 'spki', format: 'der' }),
    ...(isV1 ? [] : [der(0xa3, seq(...(odd.extensions ?? [])))]),
  )
  return seq(tbs, algorithm, der(0x03, [0], sign(hash, tbs, odd.issuer.key)))
}

interface CaOptions {
  /** A root without it, an intermediate with it. */
  readonly by?: Issuer
  readonly extensions?: readonly Der[]
  readonly notAfter?: number
}

/** A CA that OpenSSL takes as one. */
export function aCa(
  commonName: string,
  options: CaOptions = {},
): Issuer & { readonly certificate: Der } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = aName(commonName)
  const certificate = oddCertificate({
    publicKey,
    issuer: options.by ?? { name, key: privateKey },
    subject: name,
    ...(options.notAfter !== undefined && { notAfter: options.notAfter }),
    extensions: [
      aBasicConstraints(seq(der(0x01, [0xff]))),
      aKeyUsage(CA_KEY_USAGE),
      anExtension('2.5.29.14', false, der(0x04, keyId(privateKey))),
      ...(options.extensions ?? []),
    ],
  })
  return { name, key: privateKey, certificate }
}

function keyId(key: KeyObject): Buffer {
  const spki = createPublicKey(key.export({ type: 'pkcs8', format: 'pem' }))
  return createHash('sha1')
    .update(spki.export({ type: 'spki', format: 'der' }))
    .digest()
}

function aTime(ms: number): Der {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return digits < '2050' ? text(0x17, digits.slice(2)) : text(0x18, digits)
}

export function toPem(certificate: Der): string {
  return `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`
}
