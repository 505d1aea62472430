/** The extensions of our certificates, encoded (RFC 5280 4.2). */
import type { SpiffeId } from '../model/spiffe-id.ts'
import {
  bits,
  boolean,
  type DerNode,
  encode,
  implicit,
  integer,
  octets,
  oid,
  sequence,
} from './der-writer.ts'
import { OID } from './oid.ts'

/** A CA that signs leaves only: no CA may follow it in a chain. */
export const CA_BASIC_CONSTRAINTS = extension(
  OID.basicConstraints,
  'critical',
  sequence(boolean(true), integer(Buffer.of(0))),
)
export const LEAF_BASIC_CONSTRAINTS = extension(OID.basicConstraints, 'critical', sequence())

/** keyCertSign and cRLSign. */
export const CA_KEY_USAGE = extension(OID.keyUsage, 'critical', bits(Buffer.of(0x06), 1))
const DIGITAL_SIGNATURE = extension(OID.keyUsage, 'critical', bits(Buffer.of(0x80), 7))
const WITH_KEY_ENCIPHERMENT = extension(OID.keyUsage, 'critical', bits(Buffer.of(0xa0), 5))

/** keyEncipherment is RSA key transport; an EC key cannot do it (RFC 5480 3). */
export function leafKeyUsage(keyType: 'ec' | 'rsa'): DerNode {
  return keyType === 'rsa' ? WITH_KEY_ENCIPHERMENT : DIGITAL_SIGNATURE
}

/** A proxy is a client and a server with one certificate. */
export const LEAF_EXTENDED_KEY_USAGE = extension(
  OID.extendedKeyUsage,
  'optional',
  sequence(oid(OID.serverAuth), oid(OID.clientAuth)),
)

export function subjectKeyIdentifier(id: Buffer): DerNode {
  return extension(OID.subjectKeyIdentifier, 'optional', octets(id))
}

/** Links to the issuer's subject key identifier; the issuer's, not our own. */
export function authorityKeyIdentifier(issuerId: Buffer): DerNode {
  return extension(OID.authorityKeyIdentifier, 'optional', sequence(implicit(0, issuerId)))
}

/** Critical where the subject is empty: the names are then all there is (RFC 5280 4.2.1.6). */
export function subjectAltName(
  uri: SpiffeId | `spiffe://${string}`,
  dnsNames: readonly string[],
  critical: boolean,
): DerNode {
  const names = [
    implicit(6, Buffer.from(uri, 'latin1')),
    ...dnsNames.map((name) => implicit(2, Buffer.from(name, 'latin1'))),
  ]
  return extension(OID.subjectAltName, critical ? 'critical' : 'optional', sequence(...names))
}

function extension(id: string, criticality: 'critical' | 'optional', value: DerNode): DerNode {
  const flag = criticality === 'critical' ? [boolean(true)] : []
  return sequence(oid(id), ...flag, octets(encode(value)))
}
