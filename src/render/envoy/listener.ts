/** What every listener of a sidecar has in common. */

import type { DescMessage } from '@bufbuild/protobuf'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { TrafficDirection } from '../../generated/envoy/config/core/v3/base_pb.js'
import type {
  FilterChainSchema,
  ListenerFilterSchema,
} from '../../generated/envoy/config/listener/v3/listener_components_pb.js'
import { ListenerSchema } from '../../generated/envoy/config/listener/v3/listener_pb.js'
import { OriginalDstSchema } from '../../generated/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js'
import { TlsInspectorSchema } from '../../generated/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js'
import type { SourceLocation } from '../../model/source-location.ts'
import { ACCESS_LOG } from './access-log.ts'
import { socketAddress } from './addresses.ts'
import type { EnvoyResource, ResourceName } from './envoy-resource.ts'
import { pack } from './pack.ts'
import { toResource } from './to-resource.ts'

export type FilterChain = MessageInitShape<typeof FilterChainSchema>
type ListenerFilter = MessageInitShape<typeof ListenerFilterSchema>

/** Restores the address that redirection hid. */
export const ORIGINAL_DESTINATION = listenerFilter('original_dst', OriginalDstSchema)

/** Reads the server name and ALPN that filter chains are chosen by. */
export const TLS_INSPECTOR = listenerFilter('tls_inspector', TlsInspectorSchema)

function listenerFilter(name: string, schema: DescMessage): ListenerFilter {
  return { name, configType: { case: 'typedConfig', value: pack(schema, {}) } }
}

export interface ListenerParts {
  readonly name: ResourceName
  readonly port: number
  readonly direction: 'inbound' | 'outbound'
  readonly listenerFilters: readonly ListenerFilter[]
  readonly filterChains: readonly FilterChain[]
  /** For connections that match no chain; without it they are closed. */
  readonly defaultFilterChain?: FilterChain
  readonly origins: readonly SourceLocation[]
}

export function toListener(parts: ListenerParts): EnvoyResource {
  const { name, origins } = parts
  const listener = create(ListenerSchema, {
    name,
    address: socketAddress('0.0.0.0', parts.port),
    trafficDirection:
      parts.direction === 'inbound' ? TrafficDirection.INBOUND : TrafficDirection.OUTBOUND,
    listenerFilters: [...parts.listenerFilters],
    filterChains: [...parts.filterChains],
    ...(parts.defaultFilterChain && { defaultFilterChain: parts.defaultFilterChain }),
    accessLog: [ACCESS_LOG],
  })
  return toResource({ type: 'listener', name, origins }, ListenerSchema, listener)
}
