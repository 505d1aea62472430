/** Real Envoy messages for tests with real clients: one route, to one cluster, with one endpoint. */
import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  Cluster_DiscoveryType,
  ClusterSchema,
} from '../../../src/generated/envoy/config/cluster/v3/cluster_pb.js'
import { ClusterLoadAssignmentSchema } from '../../../src/generated/envoy/config/endpoint/v3/endpoint_pb.js'
import { RouteConfigurationSchema } from '../../../src/generated/envoy/config/route/v3/route_pb.js'
import type { EnvoyResource, ResourceType } from '../../../src/render/envoy/envoy-resource.ts'
import { aResource } from './builders.ts'

export function resource<Schema extends DescMessage>(
  type: ResourceType,
  name: string,
  schema: Schema,
  content: MessageInitShape<Schema>,
): EnvoyResource {
  const bytes = toBinary(schema, create(schema, content))
  const { version } = aResource(type, name, Buffer.from(bytes).toString('latin1'))
  return { ...aResource(type, name), bytes, version }
}

export const ADS = { configSourceSpecifier: { case: 'ads', value: {} } } as const

/** All requests to one cluster. A total weight of 0 is what clients reject. */
export function aRoute(cluster: string, weight = 100): EnvoyResource {
  const clusters = { clusters: [{ name: cluster, weight }] }
  return resource('route', 'routes', RouteConfigurationSchema, {
    name: 'routes',
    virtualHosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: [
          {
            match: { pathSpecifier: { case: 'prefix', value: '' } },
            action: {
              case: 'route',
              value: { clusterSpecifier: { case: 'weightedClusters', value: clusters } },
            },
          },
        ],
      },
    ],
  })
}

export function aCluster(name: string): EnvoyResource {
  return resource('cluster', name, ClusterSchema, {
    name,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: ADS },
  })
}

export function endpointsOf(clusterName: string, portValue: number): EnvoyResource {
  const socketAddress = {
    address: '127.0.0.1',
    portSpecifier: { case: 'portValue', value: portValue },
  } as const
  const address = { address: { case: 'socketAddress', value: socketAddress } } as const
  return resource('endpoint', clusterName, ClusterLoadAssignmentSchema, {
    clusterName,
    endpoints: [
      {
        locality: { zone: 'z' },
        loadBalancingWeight: 1,
        lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: { address } } }],
      },
    ],
  })
}

export const mapOf = (...resources: readonly EnvoyResource[]) =>
  new Map(resources.map((one) => [one.name, one]))
