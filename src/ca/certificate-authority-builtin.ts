/** The built-in authority: signs in this process with the root that the store holds. */
import type { KeyObject } from 'node:crypto'
import { byCodeUnit } from '../model/by-code-unit.ts'
import type { Clock } from '../model/clock.ts'
import type { Entropy } from '../model/entropy.ts'
import type { Logger } from '../model/logger.ts'
import { parseSpiffeId, type TrustDomain } from '../model/spiffe-id.ts'
import {
  AuthorityError,
  type CertificateAuthority,
  type IssuedCertificate,
  type SigningRequest,
  type TrustBundle,
} from './certificate-authority.ts'
import {
  fromDer,
  newSerial,
  signCertificate,
  toCertificatePem,
  toKeyId,
  toName,
} from './certificate-der.ts'
import {
  LEAF_BASIC_CONSTRAINTS,
  LEAF_EXTENDED_KEY_USAGE,
  leafKeyUsage,
  subjectAltName,
  subjectKeyIdentifier,
} from './certificate-extensions.ts'
import { type KeyType, toPublicKeyDer } from './key-pair.ts'
import { OID } from './oid.ts'
import { createRoots } from './root-certificate.ts'
import type { RootStore, StoredRoots } from './root-store.ts'
import { openSigningRoot, type SigningRoot } from './signing-root.ts'
import { clampedValidity } from './validity.ts'

export interface BuiltInAuthorityOptions {
  readonly store: RootStore
  readonly trustDomain: TrustDomain
  /** Of a root made now; a stored one keeps its own. Default p256. */
  readonly rootKeyType?: KeyType
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

/**
 * Opens the stored root, or makes one and stores it. Replicas that start at once end up with the same root: the
 * store keeps the first. Throws `AuthorityError` Misconfigured when the stored root cannot sign for the trust domain.
 */
export async function openBuiltInAuthority(
  options: BuiltInAuthorityOptions,
): Promise<CertificateAuthority> {
  const stored = (await options.store.load()) ?? (await makeRoots(options))
  return new BuiltInAuthority(stored, options)
}

async function makeRoots(options: BuiltInAuthorityOptions): Promise<StoredRoots> {
  const { store, trustDomain, clock, entropy, log } = options
  const keyType = options.rootKeyType ?? 'p256'
  const made = await createRoots({ trustDomain, keyType, now: clock.now(), entropy })
  if ((await store.create(made)) === 'created') {
    log.info('root certificate made', { trustDomain })
    return made
  }
  const stored = await store.load()
  if (stored !== undefined) return stored
  throw new AuthorityError(
    'Unavailable',
    'the root of the mesh was stored by another replica, and then could not be read back',
  )
}

class BuiltInAuthority implements CertificateAuthority {
  readonly #root: SigningRoot
  readonly #bundle: TrustBundle
  readonly #options: BuiltInAuthorityOptions

  constructor(stored: StoredRoots, options: BuiltInAuthorityOptions) {
    this.#root = openSigningRoot(stored.signing, options.trustDomain)
    this.#bundle = {
      sequence: stored.sequence,
      rootsPem: [...stored.trustedPem].sort(byCodeUnit),
    }
    this.#options = options
  }

  async issue(request: SigningRequest, signal: AbortSignal): Promise<IssuedCertificate> {
    signal.throwIfAborted()
    const { clock, entropy, trustDomain } = this.#options
    checkRequest(request, trustDomain)
    const validity = clampedValidity(clock.now(), request.validityMs, this.#root)
    if (validity.notAfter <= clock.now())
      throw new AuthorityError(
        'Misconfigured',
        `the root of the mesh ended at ${new Date(this.#root.notAfter).toISOString()}: rotate it`,
      )
    const serial = newSerial(entropy)
    const publicKey = toPublicKeyDer(request.publicKey)
    // The name is for people and for OSM's readers. X.520 caps it at 64; where it does not fit, the subject is empty.
    const [commonName] = request.dnsSans.filter((name) => name.length <= 64)
    const der = signCertificate(
      {
        serial,
        issuer: this.#root.name,
        subject: toName(commonName === undefined ? [] : [[OID.commonName, commonName]]),
        ...validity,
        publicKey: fromDer(publicKey),
        extensions: [
          LEAF_BASIC_CONSTRAINTS,
          leafKeyUsage(request.publicKey.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec'),
          LEAF_EXTENDED_KEY_USAGE,
          subjectKeyIdentifier(toKeyId(publicKey)),
          this.#root.authorityKeyIdentifier,
          subjectAltName(request.spiffeId, request.dnsSans, commonName === undefined),
        ],
      },
      this.#root.key,
    )
    return { chainPem: toCertificatePem(der), ...validity, serial: serial.toString('hex') }
  }

  bundle(): TrustBundle {
    return this.#bundle
  }

  issuer(): string {
    return this.#root.fingerprint
  }
}

/** The caller decides the identity; we refuse what would not be an identity of this mesh. */
function checkRequest(request: SigningRequest, trustDomain: TrustDomain): void {
  const { spiffeId, dnsSans, publicKey, validityMs } = request
  if (parseSpiffeId(spiffeId)?.trustDomain !== trustDomain)
    throw denied(`${JSON.stringify(spiffeId)} is not an identity of trust domain ${trustDomain}`)
  const badName = dnsSans.find((name) => !isDnsName(name))
  if (badName !== undefined) throw denied(`${JSON.stringify(badName)} is not a DNS name`)
  if (!isAcceptedKey(publicKey))
    throw denied('the key is neither P-256 nor RSA of at least 2048 bits')
  if (!(validityMs > 0 && Number.isFinite(validityMs)))
    throw denied(`a validity of ${validityMs} ms is not a span of time`)
}

function denied(found: string): AuthorityError {
  return new AuthorityError('Denied', `no certificate is issued: ${found}`)
}

/** Exact names only: a wildcard would speak for identities that were never asked for. */
function isDnsName(name: string): boolean {
  return (
    name.length <= 253 &&
    /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(name)
  )
}

function isAcceptedKey(key: KeyObject): boolean {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  if (key.type !== 'public') return false
  return key.asymmetricKeyType === 'ec'
    ? namedCurve === 'prime256v1'
    : key.asymmetricKeyType === 'rsa' && modulusLength >= 2048
}
