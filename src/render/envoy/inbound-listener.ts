/** The listener that takes what other sidecars send to a pod. */
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { FilterSchema } from '../../generated/envoy/config/listener/v3/listener_components_pb.js'
import { toServiceFqdn } from '../../model/service-name.ts'
import type { TrustDomain } from '../../model/spiffe-id.ts'
import type { InboundTarget, TlsSettings, View } from '../mesh/mesh-snapshot.ts'
import { isHttp } from '../mesh/protocol-of.ts'
import type { EnvoyResource } from './envoy-resource.ts'
import { inboundHttp } from './http-connection.ts'
import { type FilterChain, ORIGINAL_DESTINATION, TLS_INSPECTOR, toListener } from './listener.ts'
import {
  INBOUND_LISTENER,
  INBOUND_PORT,
  inboundChainName,
  inboundRoutesName,
  localClusterName,
} from './names.ts'
import { networkRbac } from './rbac.ts'
import { tcpProxy } from './tcp-proxy.ts'
import { downstreamTls, MESH_ALPN } from './tls-transport.ts'

type Filter = MessageInitShape<typeof FilterSchema>
type Called = Pick<View, 'account' | 'targets' | 'inbound'>

/**
 * `undefined` for pods that nothing of the mesh can call. There is no default chain: a connection that is not mutual TLS to one of
 * the pod's services is closed.
 */
export function inboundListener(
  view: Called,
  trustDomain: TrustDomain,
  tls: TlsSettings,
): EnvoyResource | undefined {
  const targets = view.targets.filter((target) => target.via === 'service')
  if (targets.length === 0) return undefined
  const transportSocket = downstreamTls(view.account, tls)
  return toListener({
    name: INBOUND_LISTENER,
    port: INBOUND_PORT,
    direction: 'inbound',
    listenerFilters: [TLS_INSPECTOR, ORIGINAL_DESTINATION],
    filterChains: targets.map(
      (target): FilterChain => ({
        name: inboundChainName(target.service, target.targetPort, target.protocol),
        filterChainMatch: {
          destinationPort: target.targetPort,
          serverNames: [toServiceFqdn(target.service)],
          transportProtocol: 'tls',
          applicationProtocols: [MESH_ALPN],
        },
        filters: [...connectionFilters(view, target, trustDomain), delivery(target)],
        transportSocket,
      }),
    ),
    origins: view.inbound.origins,
  })
}

function connectionFilters(
  { inbound }: Called,
  target: InboundTarget,
  trustDomain: TrustDomain,
): Filter[] {
  if (inbound.type === 'open') return []
  const rbac = networkRbac(inbound.connections, target, trustDomain)
  return [{ name: 'l4_rbac', configType: { case: 'typedConfig', value: rbac } }]
}

function delivery({ service, targetPort, protocol }: InboundTarget): Filter {
  if (isHttp(protocol)) return inboundHttp(inboundRoutesName(targetPort))
  const name = localClusterName(service, targetPort)
  return tcpProxy(`inbound-mesh-tcp-proxy.${name}`, [{ name, weight: 100 }])
}
