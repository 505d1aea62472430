/** The lab's addresses, all of them from 198.18.0.0/15, which is set aside for tests (RFC 2544) and routed nowhere. */
import { createHash } from 'node:crypto'
import { byCodeUnit } from '../model/by-code-unit.ts'

/** The lab's own address: every pod's gateway, and where the control plane listens for Envoys. */
export const GATEWAY = '198.18.0.1'
export const CLUSTER_IP_RANGE = '198.19.0.0/16'

const ADDRESSES = 65_536

/** The address of the pod with this ordinal, counted from 0. */
export function podAddress(ordinal: number): string {
  const number = ordinal + 2
  if (number >= ADDRESSES - 1) throw new RangeError(`the lab has no address for pod ${ordinal}`)
  return `198.18.${number >> 8}.${number & 255}`
}

/**
 * A ClusterIP for each name, the same one in every run as long as the names that collide with it do not change:
 * an Envoy or a workload that outlives a restart keeps a working address.
 */
export function clusterAddresses(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<number>()
  const addresses = new Map<string, string>()
  for (const name of names.toSorted(byCodeUnit)) {
    let number = createHash('sha256').update(name).digest().readUInt16BE(0)
    while (taken.has(number) || number === 0 || number === ADDRESSES - 1)
      number = (number + 1) % ADDRESSES
    taken.add(number)
    addresses.set(name, `198.19.${number >> 8}.${number & 255}`)
  }
  return addresses
}
