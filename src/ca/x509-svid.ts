/**
 * The rules that make a certificate an X.509-SVID (SPIFFE X509-SVID 4 and 5.2), beyond path validation. Node's TLS
 * accepts certificates that they refuse: two URI SANs, none, a CA used as a leaf, X.509 v1.
 */
import type { Instant } from '../model/clock.ts'
import { err, ok, type Result } from '../model/result.ts'
import { type ParsedSpiffeId, parseSpiffeId } from '../model/spiffe-id.ts'
import {
  type CertificateExtension,
  type CertificateFields,
  readCertificateFields,
} from './certificate-fields.ts'
import { contextTag, DER, readOid, readSequence } from './der.ts'
import { OID } from './oid.ts'

export type SvidRefusalCode =
  | 'Malformed'
  | 'NotVersion3'
  | 'BadSerial'
  | 'IsCa'
  | 'BadKeyUsage'
  | 'BadExtendedKeyUsage'
  | 'BadSubjectAlternativeName'
  | 'NotASpiffeId'

export interface Refusal<Code extends string> {
  readonly code: Code
  /** What was found and what was expected. Holds nothing secret; text of the peer's is quoted and cut. */
  readonly message: string
}

export interface X509Svid {
  /** The URI SAN as written. */
  readonly uri: string
  readonly identity: ParsedSpiffeId
  readonly dnsSans: readonly string[]
  readonly notBefore: Instant
  readonly notAfter: Instant
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Buffer
}

const EMPTY_NAME = Buffer.of(DER.sequence, 0)

/** Bits of KeyUsage, in the first byte of its BIT STRING (RFC 5280 4.2.1.3). */
const DIGITAL_SIGNATURE = 0x80
const SIGNS_OTHERS = 0x04 | 0x02 // keyCertSign, cRLSign

/** Reads a leaf. The chain, the time and the trust domain are the caller's to check. */
export function readX509Svid(der: Buffer): Result<X509Svid, Refusal<SvidRefusalCode>> {
  const fields = readCertificateFields(der)
  if (fields === undefined) return refuse('Malformed', 'it is not one certificate in strict DER')
  const broken = brokenRule(fields)
  if (broken !== undefined) return err(broken)
  const names = readNames(fields)
  if (!names.ok) return names
  const identity = parseSpiffeId(names.value.uri)
  if (identity === undefined)
    return refuse(
      'NotASpiffeId',
      `its URI is ${quote(names.value.uri)}; expected spiffe://<trust domain>/ns/<namespace>/sa/<service account>`,
    )
  const { notBefore, notAfter, publicKey } = fields
  return ok({ ...names.value, identity, notBefore, notAfter, publicKey })
}

/** Text that a peer chose, safe to print. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}

function refuse<Code extends string>(code: Code, message: string) {
  return err<Refusal<Code>>({ code, message })
}

function brokenRule(fields: CertificateFields): Refusal<SvidRefusalCode> | undefined {
  if (fields.version !== 3)
    return { code: 'NotVersion3', message: `it is X.509 v${fields.version}; expected v3` }
  // RFC 5280 4.1.2.2: positive, at most 20 octets.
  const [top = 0x80] = fields.serial
  if (top >= 0x80 || fields.serial.length > 20 || fields.serial.every((byte) => byte === 0))
    return { code: 'BadSerial', message: 'its serial is not positive or is over 20 octets' }
  return (
    brokenBasicConstraints(fields.extensions.get(OID.basicConstraints)) ??
    brokenKeyUsage(fields.extensions.get(OID.keyUsage)) ??
    brokenExtendedKeyUsage(fields.extensions.get(OID.extendedKeyUsage))
  )
}

/** cA must be false (SPIFFE X509-SVID 4.1); left out is false. pathLen belongs to a CA. */
function brokenBasicConstraints(
  extension: CertificateExtension | undefined,
): Refusal<SvidRefusalCode> | undefined {
  if (extension === undefined) return undefined
  const members = readSequence(extension.value)
  const [flag] = members ?? []
  // An explicit FALSE is not DER, but it is common and says no more than nothing.
  const isLeaf =
    members?.length === 0 ||
    (members?.length === 1 && flag?.tag === DER.boolean && flag.content.equals(Buffer.of(0)))
  return isLeaf
    ? undefined
    : { code: 'IsCa', message: 'its basic constraints are not those of a leaf (cA false)' }
}

/** Present and critical, digitalSignature set, keyCertSign and cRLSign not (SPIFFE X509-SVID 4.3). */
function brokenKeyUsage(
  extension: CertificateExtension | undefined,
): Refusal<SvidRefusalCode> | undefined {
  const bits = extension && keyUsageBits(extension.value)
  if (extension?.critical !== true || bits === undefined)
    return { code: 'BadKeyUsage', message: 'it has no critical key usage' }
  if ((bits & SIGNS_OTHERS) !== 0)
    return { code: 'BadKeyUsage', message: 'its key may sign certificates or revocation lists' }
  return (bits & DIGITAL_SIGNATURE) === 0
    ? { code: 'BadKeyUsage', message: 'its key usage lacks digitalSignature' }
    : undefined
}

function keyUsageBits(value: Buffer): number | undefined {
  const [tag, , unused, bits] = value
  const isShort = value.length >= 4 && value.length <= 5 && value[1] === value.length - 2
  return tag === DER.bitString && isShort && unused !== undefined && unused <= 7 ? bits : undefined
}

/** May be left out; when present it names both uses (SPIFFE X509-SVID 4.4). */
function brokenExtendedKeyUsage(
  extension: CertificateExtension | undefined,
): Refusal<SvidRefusalCode> | undefined {
  if (extension === undefined) return undefined
  const uses = readSequence(extension.value)?.map((use) => readOid(use.content))
  return uses?.includes(OID.serverAuth) && uses.includes(OID.clientAuth)
    ? undefined
    : {
        code: 'BadExtendedKeyUsage',
        message: 'its extended key usage is not both serverAuth and clientAuth',
      }
}

function readNames(
  fields: CertificateFields,
): Result<Pick<X509Svid, 'uri' | 'dnsSans'>, Refusal<SvidRefusalCode>> {
  const extension = fields.extensions.get(OID.subjectAltName)
  const names = extension && readSequence(extension.value)
  if (names === undefined)
    return refuse('BadSubjectAlternativeName', 'it has no subject alternative name')
  const [uri, second] = names.filter((name) => name.tag === contextTag(6, 'primitive'))
  if (uri === undefined || second !== undefined)
    return refuse(
      'BadSubjectAlternativeName',
      `it has ${uri === undefined ? 'no URI' : 'several URIs'} among its names; expected exactly one`,
    )
  if (fields.subject.equals(EMPTY_NAME) && extension?.critical !== true)
    return refuse(
      'BadSubjectAlternativeName',
      'its subject is empty and its names are not critical (RFC 5280 4.1.2.6)',
    )
  return ok({
    uri: uri.content.toString('latin1'),
    dnsSans: names
      .filter((name) => name.tag === contextTag(2, 'primitive'))
      .map((name) => name.content.toString('latin1')),
  })
}
