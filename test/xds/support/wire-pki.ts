/** Certificates for tests of the wire: a root, the server's identity, and proxies' certificates, odd ones included. */
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import type { TlsIdentity } from '../../../src/xds/xds-credentials.ts'
import {
  aBasicConstraints,
  aKeyUsage,
  aName,
  anExtendedKeyUsage,
  aSan,
  CA_KEY_USAGE,
  CLIENT_AUTH,
  der,
  type Issuer,
  LEAF_KEY_USAGE,
  oddCertificate,
  SERVER_AUTH,
  uri,
} from '../../support/odd-certificate.ts'

export interface ClientIdentity {
  readonly certPem: string
  readonly keyPem: string
}

export interface LeafOptions {
  readonly uris?: readonly string[]
  readonly notAfter?: number
  readonly isCa?: boolean
}

export const PROXY_URI = 'spiffe://mesh.example/ns/shop/sa/web/proxy/uid-1'

export class WirePki {
  readonly rootPem: string
  readonly #issuer: Issuer

  constructor(name = 'wire root') {
    const { publicKey, privateKey } = keyPair()
    this.#issuer = { name: aName(name), key: privateKey }
    const root = oddCertificate({
      publicKey,
      issuer: this.#issuer,
      subject: this.#issuer.name,
      extensions: [aBasicConstraints(caTrue()), aKeyUsage(CA_KEY_USAGE)],
    })
    this.rootPem = new X509Certificate(root).toString()
  }

  /** A proxy's certificate as the authority makes them, unless told otherwise. */
  leaf({ uris = [PROXY_URI], notAfter, isCa = false }: LeafOptions = {}): ClientIdentity {
    const { publicKey, privateKey } = keyPair()
    const certificate = oddCertificate({
      publicKey,
      issuer: this.#issuer,
      ...(notAfter === undefined ? {} : { notAfter }),
      extensions: [
        aBasicConstraints(isCa ? caTrue() : undefined),
        aKeyUsage(isCa ? CA_KEY_USAGE | LEAF_KEY_USAGE : LEAF_KEY_USAGE),
        anExtendedKeyUsage(SERVER_AUTH, CLIENT_AUTH),
        aSan(uris.map(uri)),
      ],
    })
    return {
      certPem: new X509Certificate(certificate).toString(),
      keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
  }

  server(roots: readonly WirePki[] = [this]): TlsIdentity {
    const { certPem, keyPem } = this.leaf({ uris: ['spiffe://mesh.example/ns/plumbline/sa/xds'] })
    return { chainPem: certPem, keyPem, rootsPem: roots.map((root) => root.rootPem) }
  }
}

function caTrue() {
  return der(0x30, der(0x01, [0xff]))
}

function keyPair(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}
