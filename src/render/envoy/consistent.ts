/**
 * Whether a set of resources holds exactly what it refers to. A name that is referred to and missing leaves Envoy waiting; one
 * that nothing refers to is never asked for, and never ACKed.
 */
import { isMessage } from '@bufbuild/protobuf'
import {
  Cluster_DiscoveryType,
  ClusterSchema,
} from '../../generated/envoy/config/cluster/v3/cluster_pb.js'
import {
  RouteActionSchema,
  WeightedCluster_ClusterWeightSchema,
} from '../../generated/envoy/config/route/v3/route_components_pb.js'
import { RdsSchema } from '../../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import {
  TcpProxy_WeightedCluster_ClusterWeightSchema,
  TcpProxySchema,
} from '../../generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js'
import { SdsSecretConfigSchema } from '../../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js'
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { decodeResources } from './decode-resource.ts'
import {
  type EnvoyResource,
  RESOURCE_TYPES,
  type ResourceType,
  type ViewResources,
} from './envoy-resource.ts'
import { visitMessages } from './visit-messages.ts'

type References = Readonly<Record<Exclude<ResourceType, 'listener'>, Set<string>>>

/** Sentences, sorted; empty when all is well. `leaf` is the one secret that a view's own resources do not hold. */
export function findInconsistencies(resources: ViewResources, leaf?: EnvoyResource): string[] {
  const references = collectReferences(resources)
  const held = (type: ResourceType): Set<string> => {
    const own = leaf?.type === type ? [leaf.name] : []
    return new Set<string>([...resources[type].keys(), ...own])
  }
  const subscribed = ['endpoint', 'route', 'secret'] as const
  return [
    ...(['cluster', ...subscribed] as const).flatMap((type) =>
      without(references[type], held(type)).map((name) => `${type} ${name} is missing`),
    ),
    ...subscribed.flatMap((type) =>
      without(held(type), references[type]).map((name) => `nothing refers to ${type} ${name}`),
    ),
  ].sort(byCodeUnit)
}

function without(names: ReadonlySet<string>, others: ReadonlySet<string>): readonly string[] {
  return [...names].filter((name) => !others.has(name))
}

function collectReferences(resources: ViewResources): References {
  const references: References = {
    cluster: new Set(),
    endpoint: new Set(),
    route: new Set(),
    secret: new Set(),
  }
  for (const type of RESOURCE_TYPES)
    for (const message of decodeResources(type, resources[type].values()))
      for (const part of visitMessages(message)) note(part, references)
  return references
}

function note(part: Parameters<typeof isMessage>[0], references: References): void {
  if (isMessage(part, RdsSchema)) references.route.add(part.routeConfigName)
  if (isMessage(part, SdsSecretConfigSchema)) references.secret.add(part.name)
  if (isMessage(part, ClusterSchema) && isEds(part.clusterDiscoveryType))
    references.endpoint.add(part.edsClusterConfig?.serviceName || part.name)
  const cluster = clusterNamed(part)
  if (cluster !== undefined) references.cluster.add(cluster)
}

function isEds(discovery: {
  readonly case?: string | undefined
  readonly value?: unknown
}): boolean {
  return discovery.case === 'type' && discovery.value === Cluster_DiscoveryType.EDS
}

function clusterNamed(part: Parameters<typeof isMessage>[0]): string | undefined {
  if (
    isMessage(part, WeightedCluster_ClusterWeightSchema) ||
    isMessage(part, TcpProxy_WeightedCluster_ClusterWeightSchema)
  )
    return part.name
  const isChoice = isMessage(part, RouteActionSchema) || isMessage(part, TcpProxySchema)
  return isChoice && part.clusterSpecifier.case === 'cluster'
    ? part.clusterSpecifier.value
    : undefined
}
