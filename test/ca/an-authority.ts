/** A built-in authority with everything filled in, and what goes into it. */
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import type { CertificateAuthority, SigningRequest } from '../../src/ca/certificate-authority.ts'
import {
  type BuiltInAuthorityOptions,
  openBuiltInAuthority,
} from '../../src/ca/certificate-authority-builtin.ts'
import type { RootStore, StoredRoots } from '../../src/ca/root-store.ts'
import { type SpiffeId, toTrustDomain } from '../../src/model/spiffe-id.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { SeededEntropy } from '../support/seeded-entropy.ts'

export const TRUST_DOMAIN = toTrustDomain('mesh.example')
export const LEAF_KEY: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
export const NEVER: AbortSignal = new AbortController().signal

export class MemoryRootStore implements RootStore {
  roots: StoredRoots | undefined

  load(): Promise<StoredRoots | undefined> {
    return Promise.resolve(this.roots)
  }

  create(roots: StoredRoots): Promise<'created' | 'exists'> {
    if (this.roots !== undefined) return Promise.resolve('exists')
    this.roots = roots
    return Promise.resolve('created')
  }
}

export function anAuthority(
  options: Partial<BuiltInAuthorityOptions> = {},
): Promise<CertificateAuthority> {
  return openBuiltInAuthority({
    store: new MemoryRootStore(),
    trustDomain: TRUST_DOMAIN,
    clock: new FakeClock(),
    entropy: new SeededEntropy(),
    log: new RecordingLogger(),
    ...options,
  })
}

export function aSigningRequest(request: Partial<SigningRequest> = {}): SigningRequest {
  return {
    spiffeId: `spiffe://${TRUST_DOMAIN}/ns/bookstore/sa/bookstore-v1` as SpiffeId,
    dnsSans: [`bookstore-v1.bookstore.${TRUST_DOMAIN}`],
    publicKey: LEAF_KEY,
    validityMs: 86_400_000,
    ...request,
  }
}

export function toDer(pem: string): Buffer {
  return new X509Certificate(pem).raw
}
