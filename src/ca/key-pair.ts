/** Fresh keys of the two types we use, from node:crypto. */
import { generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

/** P-256 unless a peer needs RSA: an RSA key takes some 140 ms to make, a P-256 key 0.03 ms. */
export type KeyType = 'p256' | 'rsa2048'

export interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const generate = promisify(generateKeyPair)

/** P-256 is made at once: a trip to the thread pool costs more than the key. RSA is made off the main thread. */
export async function generateKey(type: KeyType): Promise<KeyPair> {
  return type === 'p256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : await generate('rsa', { modulusLength: 2048 })
}

/** PKCS#8 PEM. It goes to the proxy that the key is for, and nowhere else. */
export function toPrivateKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

const encoded = new WeakMap<KeyObject, Buffer>()

/** SubjectPublicKeyInfo in DER. Remembered: OpenSSL takes as long over it as over a signature, and every issue needs it twice. */
export function toPublicKeyDer(key: KeyObject): Buffer {
  const known = encoded.get(key)
  if (known !== undefined) return known
  const der = key.export({ type: 'spki', format: 'der' })
  encoded.set(key, der)
  return der
}
