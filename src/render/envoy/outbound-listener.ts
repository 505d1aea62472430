/** The listener that takes what the workload of a pod sends. */
import { create } from '@bufbuild/protobuf'
import { FilterChainSchema } from '../../generated/envoy/config/listener/v3/listener_components_pb.js'
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
import { SliceMemo } from './slice-memo.ts'
import { tcpProxy } from './tcp-proxy.ts'

/** Keeps the filter chains of services, which all their clients share. */
export class OutboundListeners {
  readonly #chains = new SliceMemo<readonly FilterChain[]>()

  /**
   * `undefined` for pods that can reach nothing: the connection is refused. A destination that no chain names is closed unless
   * destinations outside the mesh are passed through.
   */
  of(policy: OutboundPolicy): EnvoyResource | undefined {
    const filterChains = this.#chainsOf(policy.services)
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

  /**
   * Headless services may share pods, and Envoy refuses two chains for one address and port: the first service by name has it. For
   * HTTP that is no loss, as the host says which service is meant.
   */
  #chainsOf(services: readonly RoutedService[]): readonly FilterChain[] {
    const claimed = new Set<string>()
    return services.flatMap((routed) =>
      routed.ports.flatMap((port) => {
        const { addresses } = routed.service
        const own = addresses.filter((address) => !claimed.has(`${port.port} ${address}`))
        for (const address of own) claimed.add(`${port.port} ${address}`)
        if (own.length < addresses.length) return toFilterChains(routed, port, own)
        return this.#chains.get(routed, `${port.port}`, () =>
          toFilterChains(routed, port, addresses),
        )
      }),
    )
  }
}

function passthroughChain(): FilterChain {
  const clusters = [{ name: PASSTHROUGH_CLUSTER, weight: 100 }]
  return {
    name: 'outbound-egress-filter-chain',
    filters: [tcpProxy(`egress-tcp-proxy.${PASSTHROUGH_CLUSTER}`, clusters)],
  }
}

/** One, or none where nothing could be delivered: the connection is closed. */
function toFilterChains(
  { service }: RoutedService,
  port: RoutedPort,
  addresses: readonly string[],
): readonly FilterChain[] {
  const name = outboundChainName(service.name, port.port, port.protocol)
  const filter = isHttp(port.protocol)
    ? outboundHttp(outboundRoutesName(port.port))
    : rawDelivery(name, port)
  if (filter === undefined || addresses.length === 0) return []
  const filterChainMatch = {
    destinationPort: port.port,
    prefixRanges: addresses.map(singleAddress),
  }
  return [create(FilterChainSchema, { name, filterChainMatch, filters: [filter] })]
}

/** `undefined` when no backend of the service is there. */
function rawDelivery(name: string, port: RoutedPort): ReturnType<typeof tcpProxy> | undefined {
  const clusters = (port.rules.at(-1)?.backends ?? []).map(({ service, targetPort, weight }) => ({
    name: upstreamClusterName(service, targetPort),
    weight,
  }))
  if (!clusters.some(({ weight }) => weight > 0)) return undefined
  return tcpProxy(`outbound-mesh-tcp-proxy_${name}`, clusters)
}
