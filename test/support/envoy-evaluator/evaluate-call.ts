/**
 * What becomes of a call between two pods of the mesh, worked out from the configuration of their proxies alone: redirection, the
 * client's listener and routes, mutual TLS, the server's listener, RBAC and routes. Every cluster and endpoint that could be chosen
 * is followed.
 */
import {
  type Cluster,
  Cluster_DiscoveryType,
} from '../../../src/generated/envoy/config/cluster/v3/cluster_pb.js'
import type { TcpProxy } from '../../../src/generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js'
import type { DecodedProxy } from './decoded-proxy.ts'
import { chooseFilterChain } from './filter-chain.ts'
import type { HttpRequest } from './http-request.ts'
import { judgeRequest } from './judge-request.ts'
import { isAllowed } from './rbac.ts'
import { readChain } from './read-chain.ts'
import { clientTls, whyNoHandshake } from './tls-handshake.ts'
import { Unsupported } from './unsupported.ts'

export interface Call {
  readonly from: DecodedProxy
  /** What the workload connects to. */
  readonly address: string
  readonly port: number
  /** Absent: it opens a connection and sends bytes. */
  readonly request?: HttpRequest
}

export type Outcome =
  /** Nothing listens where redirection leads. */
  | { readonly type: 'refused' }
  | { readonly type: 'closed'; readonly by: 'client' | 'server'; readonly reason: string }
  | { readonly type: 'answered'; readonly by: 'client' | 'server'; readonly status: number }
  /** The workload behind the server's proxy has it. */
  | {
      readonly type: 'delivered'
      readonly to: string
      readonly port: number
      readonly path?: string
      readonly cluster: string
    }
  /** It left the mesh as it was. */
  | { readonly type: 'passed through'; readonly address: string; readonly port: number }

/** By pod address. */
export type Network = ReadonlyMap<string, DecodedProxy>

/** Every outcome that load balancing could lead to, once each. */
export function evaluateCall(call: Call, network: Network): readonly Outcome[] {
  const listener = call.from.listeners.get('outbound-listener')
  if (listener === undefined) return [{ type: 'refused' }]
  const chain = chooseFilterChain(listener, call)
  if (chain === undefined) return [{ type: 'closed', by: 'client', reason: 'no filter chain' }]
  const { rules, delivery } = readChain(chain)
  if (rules.length > 0) throw new Unsupported('RBAC on the way out')
  if (delivery.type === 'tcp') {
    const clusters = tcpClusters(delivery.proxy.clusterSpecifier)
    return unique(clusters.flatMap((cluster) => callCluster(call, cluster, network)))
  }
  if (call.request === undefined)
    return [{ type: 'closed', by: 'client', reason: 'not an HTTP request' }]
  const answer = judgeRequest(delivery.manager, call.request, {
    routes: call.from.routes,
    connection: { peerNames: [], destinationPort: call.port },
  })
  if (answer.type === 'answered') return [{ ...answer, by: 'client' }]
  const { request } = answer
  return unique(
    answer.clusters.flatMap((cluster) => callCluster({ ...call, request }, cluster, network)),
  )
}

function tcpClusters(specifier: TcpProxy['clusterSpecifier']): readonly string[] {
  switch (specifier.case) {
    case 'cluster':
      return [specifier.value]
    case 'weightedClusters':
      return specifier.value.clusters.map(({ name }) => name)
    case undefined:
      throw new Unsupported('a TCP proxy without a cluster')
  }
}

/** What a caller sees of a failure upstream: a 503 if it speaks HTTP, else the end of its connection. */
function failed(call: Call, by: 'client' | 'server', reason: string): readonly Outcome[] {
  return call.request === undefined
    ? [{ type: 'closed', by, reason }]
    : [{ type: 'answered', by: 'client', status: 503 }]
}

function callCluster(call: Call, name: string, network: Network): readonly Outcome[] {
  const cluster = call.from.clusters.get(name)
  if (cluster === undefined) return failed(call, 'client', `no cluster ${name}`)
  const { clusterDiscoveryType: discovery } = cluster
  if (discovery.case !== 'type') throw new Unsupported('custom clusters')
  if (discovery.value === Cluster_DiscoveryType.ORIGINAL_DST)
    return [{ type: 'passed through', address: call.address, port: call.port }]
  if (discovery.value !== Cluster_DiscoveryType.EDS)
    throw new Unsupported(`a cluster of type ${discovery.value}`)
  const sockets = socketsOf(call.from, cluster)
  if (sockets.length === 0) return failed(call, 'client', `no endpoint of ${name}`)
  return sockets.flatMap((socket) => callEndpoint(call, cluster, socket, network))
}

export interface Socket {
  readonly address: string
  readonly port: number
}

function socketsOf(client: DecodedProxy, cluster: Cluster): readonly Socket[] {
  const name = cluster.edsClusterConfig?.serviceName || cluster.name
  const localities = client.endpoints.get(name)?.endpoints ?? []
  return localities.flatMap(({ lbEndpoints }) =>
    lbEndpoints.map(({ hostIdentifier: host }): Socket => {
      const address = host.case === 'endpoint' ? host.value.address?.address : undefined
      const socket = address?.case === 'socketAddress' ? address.value : undefined
      if (socket?.portSpecifier.case !== 'portValue') throw new Unsupported('this endpoint')
      return { address: socket.address, port: socket.portSpecifier.value }
    }),
  )
}

/** What the server's proxy does with a call once the client's has chosen a cluster and an endpoint of it. */
export function callEndpoint(
  call: Call,
  cluster: Cluster,
  { address, port }: Socket,
  network: Network,
): readonly Outcome[] {
  const server = network.get(address)
  const listener = server?.listeners.get('inbound-listener')
  if (server === undefined || listener === undefined)
    return failed(call, 'server', 'nothing listens')
  const tls = clientTls(cluster)
  const chain = chooseFilterChain(listener, {
    address,
    port,
    ...(tls && {
      tls: { serverName: tls.sni, alpn: tls.commonTlsContext?.alpnProtocols ?? [] },
    }),
  })
  if (chain === undefined) return failed(call, 'server', 'no filter chain')
  const obstacle = whyNoHandshake({ client: call.from, server, cluster, chain })
  if (obstacle !== undefined) return failed(call, 'server', obstacle)
  const connection = { peerNames: [call.from.spiffeId], destinationPort: port }
  const { rules, delivery } = readChain(chain)
  if (!rules.every((rule) => isAllowed(rule, connection)))
    return failed(call, 'server', 'RBAC denies the connection')
  const to = server.spiffeId
  if (delivery.type === 'tcp') {
    const [local = ''] = tcpClusters(delivery.proxy.clusterSpecifier)
    return [{ type: 'delivered', to, port: localPort(server, local), cluster: cluster.name }]
  }
  if (call.request === undefined)
    return [{ type: 'closed', by: 'server', reason: 'not an HTTP request' }]
  const answer = judgeRequest(delivery.manager, call.request, { routes: server.routes, connection })
  if (answer.type === 'answered') return [{ ...answer, by: 'server' }]
  return answer.clusters.map((local) => ({
    type: 'delivered',
    to,
    port: localPort(server, local),
    path: answer.request.path,
    cluster: cluster.name,
  }))
}

function localPort(server: DecodedProxy, name: string): number {
  const host =
    server.clusters.get(name)?.loadAssignment?.endpoints[0]?.lbEndpoints[0]?.hostIdentifier
  const address = host?.case === 'endpoint' ? host.value.address?.address : undefined
  if (address?.case !== 'socketAddress' || address.value.portSpecifier.case !== 'portValue')
    throw new Error(`the local cluster ${name} leads nowhere`)
  return address.value.portSpecifier.value
}

function unique(outcomes: readonly Outcome[]): readonly Outcome[] {
  return [...new Map(outcomes.map((outcome) => [JSON.stringify(outcome), outcome])).values()]
}
