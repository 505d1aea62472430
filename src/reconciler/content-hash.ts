/** What an object's content is known by. Objects are immutable, so each is hashed once in its life. */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../model/canonical-json.ts'
import type { KubernetesObject } from '../model/kubernetes-object.ts'

const hashes = new WeakMap<KubernetesObject, string>()

/** The first 128 bits of SHA-256 over canonical JSON, in hexadecimal. */
export function contentHash(object: KubernetesObject): string {
  let hash = hashes.get(object)
  if (hash === undefined) {
    // Not cut from the whole one's text, which would live as long as the part.
    const digest = createHash('sha256').update(canonicalJson(object)).digest()
    hash = digest.toString('hex', 0, 16)
    hashes.set(object, hash)
  }
  return hash
}
