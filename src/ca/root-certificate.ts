/** Makes a new root: the key and the self-signed certificate of a trust domain. */
import type { Instant, Ms } from '../model/clock.ts'
import type { Entropy } from '../model/entropy.ts'
import type { TrustDomain } from '../model/spiffe-id.ts'
import {
  fromDer,
  newSerial,
  signCertificate,
  toCertificatePem,
  toKeyId,
  toName,
} from './certificate-der.ts'
import {
  authorityKeyIdentifier,
  CA_BASIC_CONSTRAINTS,
  CA_KEY_USAGE,
  subjectAltName,
  subjectKeyIdentifier,
} from './certificate-extensions.ts'
import { generateKey, type KeyType, toPrivateKeyPem, toPublicKeyDer } from './key-pair.ts'
import { OID } from './oid.ts'
import type { StoredRoots } from './root-store.ts'
import { BACKDATE_MS, wholeSeconds } from './validity.ts'

const TEN_YEARS_MS: Ms = 3652 * 86_400_000

export interface RootRequest {
  readonly trustDomain: TrustDomain
  readonly keyType: KeyType
  readonly now: Instant
  readonly entropy: Entropy
}

/** The first root of a trust domain, valid for ten years. */
export async function createRoots(request: RootRequest): Promise<StoredRoots> {
  const keys = await generateKey(request.keyType)
  const publicKey = toPublicKeyDer(keys.publicKey)
  const serial = newSerial(request.entropy)
  // Two live roots never share a name: chains are looked up by it (RFC 5280 4.2.1.1).
  const name = toName([
    [OID.organization, 'Plumbline'],
    [OID.commonName, `Plumbline root ${serial.toString('hex', 0, 8)}`],
  ])
  const keyId = toKeyId(publicKey)
  const certificate = signCertificate(
    {
      serial,
      issuer: name,
      subject: name,
      notBefore: wholeSeconds(request.now - BACKDATE_MS),
      notAfter: wholeSeconds(request.now + TEN_YEARS_MS),
      publicKey: fromDer(publicKey),
      extensions: [
        CA_BASIC_CONSTRAINTS,
        CA_KEY_USAGE,
        subjectKeyIdentifier(keyId),
        authorityKeyIdentifier(keyId),
        subjectAltName(`spiffe://${request.trustDomain}`, [], false),
      ],
    },
    keys.privateKey,
  )
  const certificatePem = toCertificatePem(certificate)
  return {
    sequence: 1,
    signing: { certificatePem, privateKeyPem: toPrivateKeyPem(keys.privateKey) },
    trustedPem: [certificatePem],
  }
}
