import type { CertificateAuthority } from '../../src/ca/certificate-authority.ts'
import { openBuiltInAuthority } from '../../src/ca/certificate-authority-builtin.ts'
import { generateKey, toPrivateKeyPem } from '../../src/ca/key-pair.ts'
import type { SpiffeId, TrustDomain } from '../../src/model/spiffe-id.ts'
import type { TlsIdentity } from '../../src/xds/xds-credentials.ts'
import { clock, entropy, log } from './system-ports.ts'

const DAY_MS = 86_400_000
const NEVER = new AbortController().signal

/** Certificates for the benchmark: one key for all simulated proxies, as making keys is not what is measured. */
export class Pki {
  readonly authority: CertificateAuthority
  readonly #keys: Awaited<ReturnType<typeof generateKey>>

  constructor(authority: CertificateAuthority, keys: Awaited<ReturnType<typeof generateKey>>) {
    this.authority = authority
    this.#keys = keys
  }

  static async open(trustDomain: TrustDomain): Promise<Pki> {
    const store = { load: async () => undefined, create: async () => 'created' as const }
    const authority = await openBuiltInAuthority({ store, trustDomain, clock, entropy, log })
    return new Pki(authority, await generateKey('p256'))
  }

  get rootsPem(): readonly string[] {
    return this.authority.bundle().rootsPem
  }

  async identity(spiffeId: SpiffeId): Promise<TlsIdentity> {
    const { publicKey, privateKey } = this.#keys
    const request = { spiffeId, dnsSans: [], publicKey, validityMs: DAY_MS }
    const { chainPem } = await this.authority.issue(request, NEVER)
    return { chainPem, keyPem: toPrivateKeyPem(privateKey), rootsPem: this.rootsPem }
  }
}
