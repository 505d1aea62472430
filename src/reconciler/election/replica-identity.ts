/** The name of this process among the replicas. */
import type { Entropy } from '../../model/entropy.ts'

/** Leaves room for the prefix and the random part within the 63 characters that names and label values may have. */
const MAX_HOST = 32

/**
 * The host's name for people (a pod's is its own name), and random digits, so that no process ever has the name of another, the one that
 * ran here before included. Lowercase letters, digits and `-`: part of a Lease's name.
 */
export function replicaIdentity(host: string, entropy: Entropy): string {
  const named = host
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(-MAX_HOST)
    .replaceAll(/^-|-$/g, '')
  const random = Buffer.from(entropy.bytes(5)).toString('hex')
  return `${named || 'replica'}-${random}`
}
