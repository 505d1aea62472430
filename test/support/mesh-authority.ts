/** A certificate authority of the mesh for tests with real TLS: certificates are valid now. */
import { generateKeyPairSync } from 'node:crypto'
import type { CertificateAuthority } from '../../src/ca/certificate-authority.ts'
import type { Clock, Instant } from '../../src/model/clock.ts'
import { toSpiffeId } from '../../src/model/spiffe-id.ts'
import { anAuthority, NEVER } from '../ca/an-authority.ts'
import { anAccount } from './intent-builders.ts'
import { TRUST_DOMAIN } from './rendered-mesh.ts'

const clock: Clock = {
  now: () => Date.now() as Instant,
  monotonic: () => performance.now(),
  sleep: () => Promise.resolve(),
}

export interface MeshCertificate {
  readonly chainPem: string
  readonly keyPem: string
}

export class MeshAuthority {
  readonly #authority: CertificateAuthority

  private constructor(authority: CertificateAuthority) {
    this.#authority = authority
  }

  static async open(): Promise<MeshAuthority> {
    return new MeshAuthority(await anAuthority({ trustDomain: TRUST_DOMAIN, clock }))
  }

  get rootPem(): string {
    return this.#authority.bundle().rootsPem.join('')
  }

  /** For an account written `namespace/name`. */
  async issue(account: string): Promise<MeshCertificate> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const spiffeId = toSpiffeId(TRUST_DOMAIN, anAccount(account))
    const request = { spiffeId, dnsSans: [], publicKey, validityMs: 3_600_000 }
    const { chainPem } = await this.#authority.issue(request, NEVER)
    return { chainPem, keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
  }
}
