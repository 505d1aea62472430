/** Routes of the requests that leave a pod: by host to a service, and from there to the backends of its TrafficSplits. */
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { RouteSchema } from '../../generated/envoy/config/route/v3/route_components_pb.js'
import { toServiceFqdn } from '../../model/service-name.ts'
import type { OutboundPolicy, RoutedPort, RoutedService, RouteRule } from '../mesh/mesh-snapshot.ts'
import { isHttp } from '../mesh/protocol-of.ts'
import type { EnvoyResource } from './envoy-resource.ts'
import { hostDomains } from './host-domains.ts'
import { ANY_REQUEST, toRouteMatches } from './match-condition.ts'
import { outboundRoutesName, upstreamClusterName } from './names.ts'
import { toRouteConfiguration, type VirtualHost, withOwnDomains } from './virtual-host.ts'

type Route = MessageInitShape<typeof RouteSchema>

interface NamedPort {
  readonly routed: RoutedService
  readonly port: RoutedPort
}

/** One RouteConfiguration a service port that a filter chain leads to, for clients of one namespace. */
export function outboundRoutes(
  { services, origins }: OutboundPolicy,
  clientNamespace: string,
): readonly EnvoyResource[] {
  const http = services.flatMap((routed) =>
    routed.ports
      .filter((port) => isHttp(port.protocol))
      .map((port): NamedPort => ({ routed, port })),
  )
  return [...Map.groupBy(http, ({ port }) => port.port)]
    .filter(([, named]) => named.some(({ routed }) => routed.service.addresses.length > 0))
    .sort(([a], [b]) => a - b)
    .map(([port, named]) => {
      const hosts = nearestFirst(named, clientNamespace).map((one) =>
        toVirtualHost(one, clientNamespace),
      )
      return toRouteConfiguration(outboundRoutesName(port), withOwnDomains(hosts), origins)
    })
}

/** As name resolution has it: a name that means something in the client's own namespace means that. */
function nearestFirst(ports: readonly NamedPort[], namespace: string): readonly NamedPort[] {
  const isNear = ({ routed }: NamedPort): boolean => routed.service.name.namespace === namespace
  return [...ports.filter(isNear), ...ports.filter((port) => !isNear(port))]
}

function toVirtualHost({ routed, port }: NamedPort, clientNamespace: string): VirtualHost {
  const { name } = routed.service
  return {
    name: `outbound_virtual-host|${toServiceFqdn(name)}`,
    domains: hostDomains(name, [port.port], { short: name.namespace === clientNamespace }),
    routes: port.rules.flatMap(toRoutes),
  }
}

function toRoutes(rule: RouteRule): Route[] {
  const matches = rule.matches.length === 0 ? [ANY_REQUEST] : rule.matches
  return matches.flatMap(toRouteMatches).map((match) => ({ match, action: toAction(rule) }))
}

function toAction({ backends }: RouteRule): NonNullable<Route['action']> {
  if (!backends.some(({ weight }) => weight > 0))
    return {
      case: 'directResponse',
      value: {
        status: 503,
        body: {
          specifier: { case: 'inlineString', value: 'no backend of the TrafficSplit is there\n' },
        },
      },
    }
  const clusters = backends.map(({ service, targetPort, weight }) => ({
    name: upstreamClusterName(service, targetPort),
    weight,
  }))
  return {
    case: 'route',
    value: {
      clusterSpecifier: { case: 'weightedClusters', value: { clusters } },
      timeout: {}, // none, where Envoy would give up after 15 s
    },
  }
}
