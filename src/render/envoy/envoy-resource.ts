/** What rendering hands to xDS: encoded resources, shared by every proxy whose view holds them. */
import type { SourceLocation } from '../../model/source-location.ts'

/** In the order in which one change is delivered (make before break). */
export const RESOURCE_TYPES = ['cluster', 'endpoint', 'listener', 'route', 'secret'] as const
export type ResourceType = (typeof RESOURCE_TYPES)[number]

export const TYPE_URLS = {
  cluster: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  endpoint: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  listener: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  route: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
  secret: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
} as const satisfies Record<ResourceType, string>

declare const resourceName: unique symbol
export type ResourceName = string & { readonly [resourceName]: true }

/** Immutable. Equal content is the same object wherever possible, and always the same `version`. */
export interface EnvoyResource {
  readonly type: ResourceType
  readonly name: ResourceName
  /** The encoded message, without the Any around it. */
  readonly bytes: Uint8Array
  /** A hash of the bytes: the same on every replica (rule 6). */
  readonly version: string
  /** The policy lines that made it, for a NACK's report. Not part of the bytes. */
  readonly origins: readonly SourceLocation[]
}

export type ResourceMap = ReadonlyMap<ResourceName, EnvoyResource>

/**
 * Everything one view of the mesh is told, apart from its own leaf certificate. Maps are the same object as
 * in the previous snapshot when nothing of that type changed, so that "nothing changed" costs one comparison.
 */
export type ViewResources = Readonly<Record<ResourceType, ResourceMap>>
