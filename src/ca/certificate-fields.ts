/**
 * The fields of an X.509 certificate that our rules read, taken from its DER. Display forms (such as Node's
 * `subjectAltName` string) are not read: a comma or a quote inside a name has forged them before.
 */
import type { Instant } from '../model/clock.ts'
import { contextTag, DER, type DerElement, readOid, readOnly, readSequence } from './der.ts'

export interface CertificateExtension {
  readonly critical: boolean
  /** What the OCTET STRING holds. */
  readonly value: Buffer
}

export interface CertificateFields {
  /** As people count: 3 for X.509 v3. */
  readonly version: number
  /** The content of the INTEGER, big-endian, two's complement. */
  readonly serial: Buffer
  /** Name, whole. */
  readonly subject: Buffer
  readonly notBefore: Instant
  readonly notAfter: Instant
  /** SubjectPublicKeyInfo, whole. */
  readonly publicKey: Buffer
  /** By dotted OID. No OID occurs twice (RFC 5280 4.2). */
  readonly extensions: ReadonlyMap<string, CertificateExtension>
}

/** `undefined` for anything that is not one whole certificate in DER. Signatures are not checked here. */
export function readCertificateFields(der: Buffer): CertificateFields | undefined {
  const certificate = readSequence(der)
  const [tbs] = certificate ?? []
  if (certificate?.length !== 3 || tbs === undefined) return undefined
  const members = readSequence(tbs.whole)
  return members && readTbs(members)
}

const EXTENSIONS = contextTag(3, 'constructed')
/** issuerUniqueID, subjectUniqueID, extensions. */
const OPTIONAL = [contextTag(1, 'primitive'), contextTag(2, 'primitive'), EXTENSIONS]

/** TBSCertificate (RFC 5280 4.1.2): version is left out of v1, unique identifiers and extensions are optional. */
function readTbs(members: readonly DerElement[]): CertificateFields | undefined {
  const [first] = members
  const tagged = first?.tag === contextTag(0, 'constructed')
  const version = tagged ? readVersion(first) : 1
  const [serial, algorithm, issuer, validity, subject, publicKey, ...optional] = tagged
    ? members.slice(1)
    : members
  const lifetime = validity && readValidity(validity)
  const extensions = readExtensions(optional)
  if (serial?.tag !== DER.integer || algorithm === undefined || issuer === undefined)
    return undefined
  if (subject?.tag !== DER.sequence || publicKey?.tag !== DER.sequence) return undefined
  if (version === undefined || lifetime === undefined || extensions === undefined) return undefined
  return {
    version,
    serial: serial.content,
    subject: subject.whole,
    ...lifetime,
    publicKey: publicKey.whole,
    extensions,
  }
}

function readVersion(element: DerElement): number | undefined {
  const integer = readOnly(element.content, DER.integer)
  return integer?.content.length === 1 ? integer.content.readUInt8() + 1 : undefined
}

function readValidity(
  element: DerElement,
): Pick<CertificateFields, 'notBefore' | 'notAfter'> | undefined {
  const times = readSequence(element.whole)
  if (times?.length !== 2) return undefined
  const [notBefore, notAfter] = times.map(readTime)
  return notBefore === undefined || notAfter === undefined ? undefined : { notBefore, notAfter }
}

/** UTCTime `YYMMDDHHMMSSZ` (1950-2049) or GeneralizedTime `YYYYMMDDHHMMSSZ`: the only forms of RFC 5280 4.1.2.5. */
function readTime(element: DerElement): Instant | undefined {
  const text = element.content.toString('latin1')
  const long = element.tag === DER.utcTime ? `${text < '5' ? '20' : '19'}${text}` : text
  if (element.tag !== DER.utcTime && element.tag !== DER.generalizedTime) return undefined
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(long)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1)
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const time = Date.parse(iso)
  // Date.parse rolls 30 February over; the round trip tells.
  return Number.isNaN(time) || new Date(time).toISOString() !== iso ? undefined : (time as Instant)
}

function readExtensions(
  optional: readonly DerElement[],
): ReadonlyMap<string, CertificateExtension> | undefined {
  const extensions = new Map<string, CertificateExtension>()
  const [tagged, second] = optional.filter((element) => element.tag === EXTENSIONS)
  if (second !== undefined || optional.some((element) => !OPTIONAL.includes(element.tag)))
    return undefined
  if (tagged === undefined) return extensions
  for (const element of readSequence(tagged.content) ?? [undefined]) {
    const extension = element && readExtension(element)
    if (extension === undefined || extensions.has(extension.oid)) return undefined
    extensions.set(extension.oid, { critical: extension.critical, value: extension.value })
  }
  return extensions
}

function readExtension(
  element: DerElement,
): (CertificateExtension & { readonly oid: string }) | undefined {
  const members = readSequence(element.whole) ?? []
  const [id, flag] = members
  const value = members.at(-1)
  const critical = members.length === 3
  const oid = id?.tag === DER.oid ? readOid(id.content) : undefined
  if (oid === undefined || members.length < 2 || members.length > 3) return undefined
  if (critical && (flag?.tag !== DER.boolean || !isTrue(flag.content))) return undefined
  return value?.tag === DER.octetString ? { oid, critical, value: value.content } : undefined
}

/** DER has one true (X.690 11.1); false is the default and is left out. */
function isTrue(content: Buffer): boolean {
  return content.length === 1 && content[0] === 0xff
}
