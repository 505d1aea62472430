/** Which filter chain of a listener takes a connection. */
import type { FilterChain } from '../../../src/generated/envoy/config/listener/v3/listener_components_pb.js'
import type { Listener } from '../../../src/generated/envoy/config/listener/v3/listener_pb.js'
import { Unsupported } from './unsupported.ts'

export interface Arrival {
  /** Where the caller meant to connect to: original_dst restores it. */
  readonly address: string
  readonly port: number
  /** Absent for plaintext. */
  readonly tls?: { readonly serverName: string; readonly alpn: readonly string[] }
}

type Match = NonNullable<FilterChain['filterChainMatch']>

/** How specifically a criterion matches: `undefined` when it does not, 0 when it is not set. */
type Criterion = (match: Match | undefined) => number | undefined

/**
 * Envoy looks at one criterion after the other and keeps the most specific; it never goes back to a chain that a former criterion
 * put aside.
 */
export function chooseFilterChain(listener: Listener, arrival: Arrival): FilterChain | undefined {
  let candidates = listener.filterChains
  for (const criterion of criteria(arrival)) {
    const ranked = candidates.map((chain) => [chain, criterion(chain.filterChainMatch)] as const)
    const best = Math.max(...ranked.map(([, rank]) => rank ?? -1))
    candidates = ranked.filter(([, rank]) => rank === best).map(([chain]) => chain)
    if (best < 0) return listener.defaultFilterChain
  }
  if (candidates.length > 1) throw new Error('two filter chains match the same: Envoy refuses this')
  return candidates[0] ?? listener.defaultFilterChain
}

function criteria({ address, port, tls }: Arrival): readonly Criterion[] {
  return [
    (match) => {
      refuseOthers(match)
      return rank(match?.destinationPort === undefined, match?.destinationPort === port)
    },
    (match) => {
      const ranges = match?.prefixRanges ?? []
      const lengths = ranges
        .filter((range) => isSingle(range) && range.addressPrefix === address)
        .map((range) => 1 + (range.prefixLen ?? 0))
      return ranges.length === 0 ? 0 : lengths.length > 0 ? Math.max(...lengths) : undefined
    },
    (match) =>
      rank(!match?.serverNames.length, match?.serverNames.includes(tls?.serverName ?? '') ?? false),
    (match) =>
      rank(!match?.transportProtocol, match?.transportProtocol === (tls ? 'tls' : 'raw_buffer')),
    (match) =>
      rank(
        !match?.applicationProtocols.length,
        match?.applicationProtocols.some((name) => tls?.alpn.includes(name)) ?? false,
      ),
  ]
}

function rank(isUnset: boolean, isMatch: boolean): number | undefined {
  if (isUnset) return 0
  return isMatch ? 1 : undefined
}

function isSingle({ addressPrefix, prefixLen }: Match['prefixRanges'][number]): boolean {
  if (prefixLen !== (addressPrefix.includes(':') ? 128 : 32))
    throw new Unsupported(`the prefix ${addressPrefix}/${prefixLen}`)
  return true
}

function refuseOthers(match: Match | undefined): void {
  if (match === undefined) return
  const { directSourcePrefixRanges, sourcePrefixRanges, sourcePorts, addressSuffix } = match
  if (directSourcePrefixRanges.length + sourcePrefixRanges.length + sourcePorts.length > 0)
    throw new Unsupported('filter chains by source')
  if (addressSuffix !== '') throw new Unsupported('filter chains by address suffix')
}
