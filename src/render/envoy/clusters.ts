/** Clusters: the services of the mesh as a client sees them, the pod's own ports, and the world outside. */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import {
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_LbPolicy,
  ClusterSchema,
} from '../../generated/envoy/config/cluster/v3/cluster_pb.js'
import type { BindConfigSchema } from '../../generated/envoy/config/core/v3/address_pb.js'
import { SocketOption_SocketState } from '../../generated/envoy/config/core/v3/socket_option_pb.js'
import { HttpProtocolOptionsSchema } from '../../generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js'
import type { ServiceAccount } from '../../model/service-account.ts'
import type { InboundTarget, MeshService, TlsSettings } from '../mesh/mesh-snapshot.ts'
import { socketAddress } from './addresses.ts'
import { ADS } from './ads.ts'
import type { EnvoyResource, ResourceName } from './envoy-resource.ts'
import {
  ADMIN_PORT,
  localClusterName,
  METRICS_CLUSTER,
  PASSTHROUGH_CLUSTER,
  upstreamClusterName,
} from './names.ts'
import { pack } from './pack.ts'
import { upstreamTls } from './tls-transport.ts'
import { toResource } from './to-resource.ts'

type Cluster = MessageInitShape<typeof ClusterSchema>

/** SO_MARK of SOL_SOCKET, on Linux. */
const SO_MARK = { level: 1n, name: 36n }

/** Calls go on in the protocol that they arrived in. */
const PROTOCOL_OPTIONS: Readonly<Record<string, Any>> = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': pack(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: 'useDownstreamProtocolConfig',
      value: { http2ProtocolOptions: {} },
    },
  }),
}

const NO_LIMIT = 2 ** 32 - 1

export interface ClusterSettings {
  readonly tls: TlsSettings
  /** Set on every socket that leaves the pod, so that redirection can tell the proxy's from the workload's by it. */
  readonly upstreamMark?: number
}

/** One a target port. */
export function upstreamClusters(
  { name, ports }: MeshService,
  client: ServiceAccount,
  { tls, upstreamMark }: ClusterSettings,
): readonly EnvoyResource[] {
  const targetPorts = [...new Set(ports.map((port) => port.targetPort))]
  return targetPorts.map((targetPort) =>
    encode(upstreamClusterName(name, targetPort), {
      clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
      edsClusterConfig: { edsConfig: ADS },
      circuitBreakers: {
        thresholds: [
          {
            maxConnections: NO_LIMIT,
            maxPendingRequests: NO_LIMIT,
            maxRequests: NO_LIMIT,
            maxRetries: NO_LIMIT,
            trackRemaining: true,
          },
        ],
      },
      typedExtensionProtocolOptions: PROTOCOL_OPTIONS,
      transportSocket: upstreamTls(client, name, tls),
      ...bindConfig(upstreamMark),
    }),
  )
}

/** The container's own port, at the name that routes have for it. */
export function localCluster({ service, targetPort }: InboundTarget): EnvoyResource {
  const name = localClusterName(service, targetPort)
  return encode(name, {
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STRICT_DNS },
    dnsLookupFamily: Cluster_DnsLookupFamily.V4_ONLY,
    typedExtensionProtocolOptions: PROTOCOL_OPTIONS,
    loadAssignment: loopback(name, targetPort),
  })
}

/** Wherever the workload wanted to connect to. */
export function passthroughCluster(upstreamMark: number | undefined): EnvoyResource {
  return encode(PASSTHROUGH_CLUSTER, {
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    ...bindConfig(upstreamMark),
  })
}

/** The proxy's own admin interface. */
export function metricsCluster(): EnvoyResource {
  return encode(METRICS_CLUSTER, {
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
    loadAssignment: loopback(METRICS_CLUSTER, ADMIN_PORT),
  })
}

function encode(
  name: ResourceName,
  cluster: Exclude<Cluster, { $typeName: string }>,
): EnvoyResource {
  return toResource(
    { type: 'cluster', name },
    ClusterSchema,
    create(ClusterSchema, { ...cluster, name }),
  )
}

function loopback(name: ResourceName, port: number): NonNullable<Cluster['loadAssignment']> {
  const endpoint = { address: socketAddress('127.0.0.1', port) }
  return {
    clusterName: name,
    endpoints: [
      {
        locality: { zone: 'zone' },
        lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: endpoint } }],
      },
    ],
  }
}

function bindConfig(mark: number | undefined): {
  upstreamBindConfig?: MessageInitShape<typeof BindConfigSchema>
} {
  if (mark === undefined) return {}
  return {
    upstreamBindConfig: {
      socketOptions: [
        {
          ...SO_MARK,
          description: 'tells redirection that this is the proxy',
          value: { case: 'intValue', value: BigInt(mark) },
          state: SocketOption_SocketState.STATE_PREBIND,
        },
      ],
    },
  }
}
