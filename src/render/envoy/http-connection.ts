/** The HTTP connection manager that both directions use. */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import type { FilterSchema } from '../../generated/envoy/config/listener/v3/listener_components_pb.js'
import { RBACSchema } from '../../generated/envoy/extensions/filters/http/rbac/v3/rbac_pb.js'
import { RouterSchema } from '../../generated/envoy/extensions/filters/http/router/v3/router_pb.js'
import {
  HttpConnectionManager_PathWithEscapedSlashesAction as EscapedSlashes,
  HttpConnectionManagerSchema,
  type HttpFilter,
  HttpFilterSchema,
} from '../../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { ACCESS_LOG } from './access-log.ts'
import { ADS } from './ads.ts'
import type { ResourceName } from './envoy-resource.ts'
import { HTTP_RBAC_FILTER } from './names.ts'
import { pack } from './pack.ts'

type Filter = MessageInitShape<typeof FilterSchema>
type ConnectionManager = MessageInitShape<typeof HttpConnectionManagerSchema>

const RBAC_FILTER = httpFilter(HTTP_RBAC_FILTER, pack(RBACSchema, {})) // no rules of its own: routes bring them
const ROUTER = httpFilter('http_router', pack(RouterSchema, {}))

/** Requests that leave a pod: passed on as the workload wrote them. */
export function outboundHttp(routes: ResourceName): Filter {
  return toFilter(connectionManager(routes, [ROUTER]))
}

/**
 * Requests that arrive at a pod. The path is normalised before it is matched, and the workload gets it as it was matched, so that
 * `/public/../admin`, `//admin` and `/public%2f..%2fadmin` cannot pass RBAC as one path and be served as another.
 */
export function inboundHttp(routes: ResourceName): Filter {
  return toFilter({
    ...connectionManager(routes, [RBAC_FILTER, ROUTER]),
    normalizePath: true,
    mergeSlashes: true,
    pathWithEscapedSlashesAction: EscapedSlashes.REJECT_REQUEST,
  })
}

function connectionManager(
  routes: ResourceName,
  httpFilters: HttpFilter[],
): Exclude<ConnectionManager, { $typeName: string }> {
  return {
    statPrefix: `mesh-http-conn-manager.${routes}`,
    routeSpecifier: { case: 'rds', value: { configSource: ADS, routeConfigName: routes } },
    httpFilters,
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    accessLog: [ACCESS_LOG],
  }
}

function httpFilter(name: string, value: Any): HttpFilter {
  return create(HttpFilterSchema, { name, configType: { case: 'typedConfig', value } })
}

function toFilter(manager: ConnectionManager): Filter {
  return {
    name: 'http_connection_manager',
    configType: { case: 'typedConfig', value: pack(HttpConnectionManagerSchema, manager) },
  }
}
