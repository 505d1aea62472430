/** The listener that takes what the workload of a pod sends. */
import type { OutboundPolicy, RoutedPort, RoutedService } from '../mesh/mesh-snapshot.ts'
import { isHttp } from '../mesh/protocol-of.ts'
import { singleAddress } from './addresses.ts'
import type { EnvoyResource } from './envoy-resource.ts'
import { outboundHttp } from './http-connection.ts'
import { type FilterChain, ORIGINAL_DESTINATION, toListener } from './listener.ts'
import {
  OUTBOUND_LISTENER,
  OUTBOUND_PORT,
  outboundChainName,
  outboundRoutesName,
  PASSTHROUGH_CLUSTER,
  upstreamClusterName,
} from './names.ts'
import { tcpProxy } from './tcp-proxy.ts'

/**
 * `undefined` for pods that can reach nothing: the connection is refused. A destination that no chain names is closed unless
 * destinations outside the mesh are passed through.
 */
export function outboundListener(policy: OutboundPolicy): EnvoyResource | undefined {
  const filterChains = toFilterChains(policy.services)
  if (filterChains.length === 0 && !policy.passthrough) return undefined
  return toListener({
    name: OUTBOUND_LISTENER,
    port: OUTBOUND_PORT,
    direction: 'outbound',
    listenerFilters: [ORIGINAL_DESTINATION],
    filterChains,
    ...(policy.passthrough && { defaultFilterChain: passthroughChain() }),
    origins: policy.origins,
  })
}

function passthroughChain(): FilterChain {
  const clusters = [{ name: PASSTHROUGH_CLUSTER, weight: 100 }]
  return {
    name: 'outbound-egress-filter-chain',
    filters: [tcpProxy(`egress-tcp-proxy.${PASSTHROUGH_CLUSTER}`, clusters)],
  }
}

/**
 * Headless services may share pods, and Envoy refuses two chains for one address and port: the first service by name has it. For
 * HTTP that is no loss, as the host says which service is meant.
 */
function toFilterChains(services: readonly RoutedService[]): FilterChain[] {
  const claimed = new Set<string>()
  return services.flatMap((routed) =>
    routed.ports.flatMap((port) => {
      const addresses = routed.service.addresses.filter((address) => {
        const claim = `${port.port} ${address}`
        if (claimed.has(claim)) return false
        claimed.add(claim)
        return true
      })
      return addresses.length === 0 ? [] : toFilterChain(routed, port, addresses)
    }),
  )
}

function toFilterChain(
  { service }: RoutedService,
  port: RoutedPort,
  addresses: readonly string[],
): FilterChain[] {
  const name = outboundChainName(service.name, port.port, port.protocol)
  const filter = isHttp(port.protocol)
    ? outboundHttp(outboundRoutesName(port.port))
    : rawDelivery(name, port)
  if (filter === undefined) return []
  return [
    {
      name,
      filterChainMatch: {
        destinationPort: port.port,
        prefixRanges: addresses.map(singleAddress),
      },
      filters: [filter],
    },
  ]
}

/** `undefined` when nothing is there to deliver to: the connection is closed. */
function rawDelivery(name: string, port: RoutedPort): ReturnType<typeof tcpProxy> | undefined {
  const clusters = (port.rules.at(-1)?.backends ?? []).map(({ service, targetPort, weight }) => ({
    name: upstreamClusterName(service, targetPort),
    weight,
  }))
  if (!clusters.some(({ weight }) => weight > 0)) return undefined
  return tcpProxy(`outbound-mesh-tcp-proxy_${name}`, clusters)
}
