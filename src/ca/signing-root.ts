/** A root that signs: its stored form checked once and taken apart, ready to issue from. */
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { TrustDomain } from '../model/spiffe-id.ts'
import { AuthorityError } from './certificate-authority.ts'
import { fromDer, toKeyId } from './certificate-der.ts'
import { authorityKeyIdentifier } from './certificate-extensions.ts'
import { type CertificateFields, readCertificateFields } from './certificate-fields.ts'
import { contextTag, DER, readOnly, readSequence } from './der.ts'
import type { DerNode } from './der-writer.ts'
import { OID } from './oid.ts'
import type { StoredRoots } from './root-store.ts'
import type { Validity } from './validity.ts'

export interface SigningRoot extends Validity {
  readonly key: KeyObject
  /** The issuer's name in leaves, and the extension that links them to this root. */
  readonly name: DerNode
  readonly authorityKeyIdentifier: DerNode
  /** SHA-256 of the certificate, lowercase hexadecimal. */
  readonly fingerprint: string
}

/** Throws `AuthorityError` Misconfigured when the stored root cannot sign for this trust domain. */
export function openSigningRoot(
  stored: StoredRoots['signing'],
  trustDomain: TrustDomain,
): SigningRoot {
  const certificate = readOr('certificate', () => new X509Certificate(stored.certificatePem))
  const key = readOr('private key', () => createPrivateKey(stored.privateKeyPem))
  const fields = readCertificateFields(certificate.raw)
  if (fields === undefined) throw misconfigured('its certificate is not strict DER')
  if (!certificate.ca) throw misconfigured('its certificate is not that of a CA')
  if (!certificate.checkPrivateKey(key))
    throw misconfigured('its private key is not the one of its certificate')
  const [uri] = uriNames(fields)
  if (uri !== undefined && uri !== `spiffe://${trustDomain}`)
    throw misconfigured(
      `it is the root of ${JSON.stringify(uri)}, and the mesh's trust domain is ${trustDomain}`,
    )
  return {
    key,
    name: fromDer(fields.subject),
    authorityKeyIdentifier: authorityKeyIdentifier(keyIdOf(fields)),
    fingerprint: createHash('sha256').update(certificate.raw).digest('hex'),
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
  }
}

function readOr<T>(part: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw misconfigured(`its ${part} cannot be read as PEM`, { cause })
  }
}

function misconfigured(found: string, options?: ErrorOptions): AuthorityError {
  return new AuthorityError(
    'Misconfigured',
    `the stored root of the mesh cannot be used: ${found}. Restore it from a backup; only if there is none, delete it, so that a new root is made at the next start and every proxy starts over`,
    options,
  )
}

function uriNames(fields: CertificateFields): readonly string[] {
  const names = readSequence(fields.extensions.get(OID.subjectAltName)?.value ?? Buffer.alloc(0))
  return (names ?? [])
    .filter((name) => name.tag === contextTag(6, 'primitive'))
    .map((name) => name.content.toString('latin1'))
}

/** The root's own identifier where it carries one: leaves must repeat it, however it was made. */
function keyIdOf(fields: CertificateFields): Buffer {
  const value = fields.extensions.get(OID.subjectKeyIdentifier)?.value
  return (value && readOnly(value, DER.octetString)?.content) ?? toKeyId(fields.publicKey)
}
