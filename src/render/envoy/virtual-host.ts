/** Virtual hosts of one RouteConfiguration, no two of which may claim the same authority. */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { VirtualHostSchema } from '../../generated/envoy/config/route/v3/route_components_pb.js'
import { RouteConfigurationSchema } from '../../generated/envoy/config/route/v3/route_pb.js'
import type { SourceLocation } from '../../model/source-location.ts'
import type { EnvoyResource, ResourceName } from './envoy-resource.ts'
import { toResource } from './to-resource.ts'

export type VirtualHost = Exclude<
  MessageInitShape<typeof VirtualHostSchema>,
  { readonly $typeName: string }
>

/**
 * The first to claim a domain has it: `a.b` is service `a` of namespace `b` as well as pod `a` of the headless service `b`, and Envoy
 * refuses a configuration that lists it twice. A host that has none left is dropped.
 */
export function withOwnDomains(hosts: readonly VirtualHost[]): VirtualHost[] {
  const claimed = new Set<string>()
  return hosts.flatMap((host) => {
    const domains = (host.domains ?? []).filter((domain) => !claimed.has(domain))
    for (const domain of domains) claimed.add(domain)
    return domains.length === 0 ? [] : [{ ...host, domains }]
  })
}

export function toRouteConfiguration(
  name: ResourceName,
  virtualHosts: VirtualHost[],
  origins: readonly SourceLocation[],
): EnvoyResource {
  const routes = create(RouteConfigurationSchema, {
    name,
    virtualHosts,
    validateClusters: false, // clusters arrive on their own stream of updates, before the routes that name them
  })
  return toResource({ type: 'route', name, origins }, RouteConfigurationSchema, routes)
}
