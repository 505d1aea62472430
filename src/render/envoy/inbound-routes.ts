/** Routes of the requests that arrive at a pod: which are known at all, and the RBAC that says whose they may be. */
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { RouteSchema } from '../../generated/envoy/config/route/v3/route_components_pb.js'
import { toServiceFqdn } from '../../model/service-name.ts'
import type { TrustDomain } from '../../model/spiffe-id.ts'
import type { InboundPolicy, InboundTarget, MatchCondition, View } from '../mesh/mesh-snapshot.ts'
import { isHttp } from '../mesh/protocol-of.ts'
import type { EnvoyResource, ResourceName } from './envoy-resource.ts'
import { hostDomains } from './host-domains.ts'
import { ANY_REQUEST, toRouteMatches } from './match-condition.ts'
import { HTTP_RBAC_FILTER, inboundRoutesName, localClusterName } from './names.ts'
import { appliesTo, httpRbac } from './rbac.ts'
import { toRouteConfiguration, type VirtualHost, withOwnDomains } from './virtual-host.ts'

type Route = MessageInitShape<typeof RouteSchema>

/** What every virtual host of one port shares. */
interface Judgement {
  /** Requests that are known at all. */
  readonly matches: readonly MatchCondition[]
  readonly filterConfig: Pick<VirtualHost, 'typedPerFilterConfig'>
}

/** One RouteConfiguration a target port that a filter chain for HTTP leads to. */
export function inboundRoutes(
  { targets, inbound }: Pick<View, 'targets' | 'inbound'>,
  trustDomain: TrustDomain,
): readonly EnvoyResource[] {
  const http = targets.filter((target) => isHttp(target.protocol))
  const ports = [...Map.groupBy(http, (target) => target.targetPort)]
  const led = ports.filter(([, own]) => own.some((target) => target.via === 'service'))
  return led.map(([targetPort, own]) => {
    const judgement = judgementAt(inbound, targetPort, trustDomain)
    const hosts = own.map((target) => toVirtualHost(target, judgement))
    return toRouteConfiguration(
      inboundRoutesName(targetPort),
      withOwnDomains(hosts),
      inbound.origins,
    )
  })
}

/**
 * Requests that no rule speaks of match no route: 404. The others meet the RBAC of all rules: 403 unless one of them allows the
 * caller. RBAC hangs on the virtual host and not on a route, so the order of routes decides nothing.
 */
function judgementAt(
  inbound: InboundPolicy,
  targetPort: number,
  trustDomain: TrustDomain,
): Judgement {
  if (inbound.type === 'open') return { matches: [ANY_REQUEST], filterConfig: {} }
  const rules = inbound.http.filter((rule) => appliesTo(rule, targetPort))
  const rbac = httpRbac(rules, trustDomain)
  return { matches: rules, filterConfig: { typedPerFilterConfig: { [HTTP_RBAC_FILTER]: rbac } } }
}

function toVirtualHost(
  { service, servicePorts, targetPort }: InboundTarget,
  { matches, filterConfig }: Judgement,
): VirtualHost {
  const cluster = localClusterName(service, targetPort)
  return {
    name: `inbound_virtual-host|${toServiceFqdn(service)}`,
    domains: hostDomains(service, servicePorts, { short: true }),
    routes: matches.flatMap(toRouteMatches).map((match) => toRoute(match, cluster)),
    ...filterConfig,
  }
}

function toRoute(match: NonNullable<Route['match']>, cluster: ResourceName): Route {
  return {
    match,
    action: {
      case: 'route',
      value: {
        clusterSpecifier: {
          case: 'weightedClusters',
          value: { clusters: [{ name: cluster, weight: 100 }] },
        },
        timeout: {}, // none: the workload and its caller know how long an answer may take
      },
    },
  }
}
