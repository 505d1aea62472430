/** Clusters that need no other sidecar: the pod's own ports, its proxy's admin interface, and the world outside the mesh. */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_LbPolicy,
  ClusterSchema,
} from '../../generated/envoy/config/cluster/v3/cluster_pb.js'
import type { InboundTarget } from '../mesh/mesh-snapshot.ts'
import { socketAddress } from './addresses.ts'
import type { EnvoyResource, ResourceName } from './envoy-resource.ts'
import { ADMIN_PORT, localClusterName, METRICS_CLUSTER, PASSTHROUGH_CLUSTER } from './names.ts'
import { toResource } from './to-resource.ts'
import { SAME_PROTOCOL } from './upstream-connection.ts'

type Cluster = MessageInitShape<typeof ClusterSchema>

/** The container's own port, at the name that routes have for it. */
export function localCluster({ service, targetPort }: InboundTarget): EnvoyResource {
  const name = localClusterName(service, targetPort)
  return encode(name, {
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STRICT_DNS },
    dnsLookupFamily: Cluster_DnsLookupFamily.V4_ONLY,
    typedExtensionProtocolOptions: SAME_PROTOCOL,
    loadAssignment: loopback(name, targetPort),
  })
}

/** Wherever the workload wanted to connect to. */
export function passthroughCluster(): EnvoyResource {
  return encode(PASSTHROUGH_CLUSTER, {
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
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
