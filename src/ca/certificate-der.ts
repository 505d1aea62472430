/** Builds and signs one X.509 v3 certificate: forge encodes it, node:crypto signs it. */
import { createHash, type KeyObject, sign } from 'node:crypto'
import type { Instant } from '../model/clock.ts'
import type { Entropy } from '../model/entropy.ts'
import { readSequence } from './der.ts'
import {
  bits,
  type DerNode,
  encode,
  encodedSequence,
  explicit,
  integer,
  nothing,
  oid,
  sequence,
  set,
  time,
  utf8,
} from './der-writer.ts'
import { OID } from './oid.ts'

export interface CertificateTemplate {
  readonly serial: Buffer
  readonly issuer: DerNode
  readonly subject: DerNode
  /** Whole seconds. */
  readonly notBefore: Instant
  readonly notAfter: Instant
  readonly publicKey: DerNode
  readonly extensions: readonly DerNode[]
}

const V3 = explicit(0, integer(Buffer.of(2)))
const ECDSA_SHA256 = sequence(oid(OID.ecdsaWithSha256))
/** The parameters are NULL, not absent (RFC 8017 A.2.4). */
const RSA_SHA256 = sequence(oid(OID.sha256WithRsa), nothing())

/** The certificate in DER, signed with SHA-256 by an EC or RSA key. */
export function signCertificate(template: CertificateTemplate, signingKey: KeyObject): Buffer {
  const algorithm = signingKey.asymmetricKeyType === 'rsa' ? RSA_SHA256 : ECDSA_SHA256
  const tbs = sequence(
    V3,
    integer(template.serial),
    algorithm,
    template.issuer,
    sequence(time(template.notBefore), time(template.notAfter)),
    template.subject,
    template.publicKey,
    explicit(3, sequence(...template.extensions)),
  )
  const signature = sign('sha256', encode(tbs), signingKey)
  return encode(sequence(tbs, algorithm, bits(signature)))
}

/** 16 octets: positive, never zero and minimal by their first byte, with 126 random bits. */
export function newSerial(entropy: Entropy): Buffer {
  const serial = Buffer.from(entropy.bytes(16))
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0)
  return serial
}

/** A Name of one value per attribute, UTF8String throughout (RFC 5280 4.1.2.4). */
export function toName(attributes: readonly (readonly [id: string, value: string])[]): DerNode {
  return sequence(...attributes.map(([id, value]) => set(sequence(oid(id), utf8(value)))))
}

/** SubjectPublicKeyInfo or a Name that is DER already. */
export function fromDer(der: Buffer): DerNode {
  const members = readSequence(der)
  if (members === undefined) throw new TypeError('not a DER SEQUENCE')
  return encodedSequence(Buffer.concat(members.map((member) => member.whole)))
}

/** Method 1 of RFC 5280 4.2.1.2: SHA-1 of the key's bits. A name for the key, not a safeguard. */
export function toKeyId(publicKeyDer: Buffer): Buffer {
  const [, key] = readSequence(publicKeyDer) ?? []
  if (key === undefined) throw new TypeError('not a SubjectPublicKeyInfo')
  return createHash('sha1').update(key.content.subarray(1)).digest()
}

/** PEM, 64 columns (RFC 7468). */
export function toCertificatePem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
