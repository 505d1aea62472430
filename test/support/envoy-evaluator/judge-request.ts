/** What an HTTP connection manager does with a request: normalise, find the route, ask RBAC, choose clusters. */
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt'
import type { RBAC } from '../../../src/generated/envoy/config/rbac/v3/rbac_pb.js'
import type { Route } from '../../../src/generated/envoy/config/route/v3/route_components_pb.js'
import type { RouteConfiguration } from '../../../src/generated/envoy/config/route/v3/route_pb.js'
import {
  RBACPerRouteSchema,
  RBACSchema,
} from '../../../src/generated/envoy/extensions/filters/http/rbac/v3/rbac_pb.js'
import { RouterSchema } from '../../../src/generated/envoy/extensions/filters/http/router/v3/router_pb.js'
import type {
  HttpConnectionManager,
  HttpFilter,
} from '../../../src/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { type ChosenRoute, chooseRoute } from './choose-route.ts'
import type { HttpRequest } from './http-request.ts'
import { normalisePath } from './normalise-path.ts'
import { type Connection, isAllowed } from './rbac.ts'
import { Unsupported } from './unsupported.ts'

export type Answer =
  | { readonly type: 'answered'; readonly status: number }
  /** Passed on, as it now reads, to one of these. */
  | {
      readonly type: 'passed on'
      readonly request: HttpRequest
      readonly clusters: readonly string[]
    }

export interface Surroundings {
  readonly routes: ReadonlyMap<string, RouteConfiguration>
  readonly connection: Omit<Connection, 'request'>
}

export function judgeRequest(
  manager: HttpConnectionManager,
  received: HttpRequest,
  { routes, connection }: Surroundings,
): Answer {
  const path = normalisePath(manager, received.path)
  if (path === undefined) return { type: 'answered', status: 400 }
  const request = { ...received, path }
  const configuration = routesOf(manager, routes)
  const chosen = configuration && chooseRoute(configuration, request)
  for (const filter of manager.httpFilters) {
    if (isRouter(filter))
      return chosen === undefined ? notFound() : takeRoute(chosen.route, request)
    if (!isAllowed(rulesFor(filter, chosen), { ...connection, request }))
      return { type: 'answered', status: 403 }
  }
  throw new Unsupported('a connection manager without a router')
}

function notFound(): Answer {
  return { type: 'answered', status: 404 }
}

function routesOf(
  { routeSpecifier }: HttpConnectionManager,
  routes: ReadonlyMap<string, RouteConfiguration>,
): RouteConfiguration | undefined {
  if (routeSpecifier.case === 'rds') return routes.get(routeSpecifier.value.routeConfigName)
  if (routeSpecifier.case === 'routeConfig') return routeSpecifier.value
  throw new Unsupported(`routes by ${routeSpecifier.case}`)
}

function configOf(filter: HttpFilter): Any {
  if (filter.configType.case !== 'typedConfig' || filter.disabled)
    throw new Unsupported(`the HTTP filter ${filter.name}`)
  return filter.configType.value
}

function isRouter(filter: HttpFilter): boolean {
  return anyUnpack(configOf(filter), RouterSchema) !== undefined
}

/** The most specific setting under the filter's name; without a route there is none, and the filter's own rules hold. */
function rulesFor(filter: HttpFilter, chosen: ChosenRoute | undefined): RBAC | undefined {
  const own = anyUnpack(configOf(filter), RBACSchema)
  if (own === undefined) throw new Unsupported(`the HTTP filter ${filter.name}`)
  const packed = chosen?.filterConfigs.flatMap((configs) => configs[filter.name] ?? []).at(0)
  if (packed === undefined) return own.rules
  const override = anyUnpack(packed, RBACPerRouteSchema)
  if (override === undefined) throw new Unsupported(`${packed.typeUrl} for an RBAC filter`)
  return override.rbac?.rules
}

function takeRoute({ action }: Route, request: HttpRequest): Answer {
  if (action.case === 'directResponse') return { type: 'answered', status: action.value.status }
  if (action.case !== 'route') throw new Unsupported(`the route action ${action.case}`)
  const { clusterSpecifier: specifier } = action.value
  if (specifier.case === 'cluster')
    return { type: 'passed on', request, clusters: [specifier.value] }
  if (specifier.case !== 'weightedClusters') throw new Unsupported(`clusters by ${specifier.case}`)
  const weighted = specifier.value.clusters.filter(({ weight = 0 }) => weight > 0)
  if (weighted.length === 0) throw new Error('weights that total 0: Envoy refuses this')
  return { type: 'passed on', request, clusters: weighted.map(({ name }) => name) }
}
