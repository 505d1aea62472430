/** Reads a rendered resource back into the message that it encodes. */
import { fromBinary, type MessageShape } from '@bufbuild/protobuf'
import { ClusterSchema } from '../../generated/envoy/config/cluster/v3/cluster_pb.js'
import { ClusterLoadAssignmentSchema } from '../../generated/envoy/config/endpoint/v3/endpoint_pb.js'
import { ListenerSchema } from '../../generated/envoy/config/listener/v3/listener_pb.js'
import { RouteConfigurationSchema } from '../../generated/envoy/config/route/v3/route_pb.js'
import { SecretSchema } from '../../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js'
import type { EnvoyResource, ResourceType } from './envoy-resource.ts'

export const RESOURCE_SCHEMAS = {
  cluster: ClusterSchema,
  endpoint: ClusterLoadAssignmentSchema,
  listener: ListenerSchema,
  route: RouteConfigurationSchema,
  secret: SecretSchema,
} as const satisfies Record<ResourceType, unknown>

export type ResourceMessage<T extends ResourceType> = MessageShape<(typeof RESOURCE_SCHEMAS)[T]>

/** The resources of one type, as messages. */
export function decodeResources<T extends ResourceType>(
  type: T,
  resources: Iterable<EnvoyResource>,
): ResourceMessage<T>[] {
  const schema: (typeof RESOURCE_SCHEMAS)[T] = RESOURCE_SCHEMAS[type]
  return Array.from(resources, ({ bytes }) => fromBinary(schema, bytes) as ResourceMessage<T>)
}
