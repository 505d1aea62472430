/** What the cluster gives a new object: a uid, and the time. */
import type { Clock } from '../../model/clock.ts'
import type { Entropy } from '../../model/entropy.ts'

export interface Birth {
  readonly uid: string
  /** RFC 3339, in whole seconds as Kubernetes writes it. */
  readonly time: string
}

export function toBirth(clock: Clock, entropy: Entropy): Birth {
  const time = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  return { uid: toUuid(entropy.bytes(16)), time }
}

function toUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  // RFC 9562: version 4, variant 10.
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}
