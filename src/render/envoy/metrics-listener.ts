/** The listener that Prometheus scrapes: the proxy's own statistics, and nothing else of its admin interface. */

import { RouterSchema } from '../../generated/envoy/extensions/filters/http/router/v3/router_pb.js'
import { HttpConnectionManagerSchema } from '../../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import type { EnvoyResource } from './envoy-resource.ts'
import { toListener } from './listener.ts'
import { METRICS_CLUSTER, METRICS_LISTENER, METRICS_PORT } from './names.ts'
import { pack } from './pack.ts'

export function metricsListener(): EnvoyResource {
  const manager = pack(HttpConnectionManagerSchema, {
    statPrefix: 'prometheus-http-conn-manager',
    routeSpecifier: {
      case: 'routeConfig',
      value: {
        name: 'prometheus-inbound-virtual-host',
        virtualHosts: [
          {
            name: 'prometheus-inbound-virtual-host',
            domains: ['*'],
            routes: [
              {
                // In full: a prefix would let `/stats/prometheus/../../quitquitquit` through to the admin interface.
                match: { pathSpecifier: { case: 'path', value: '/stats/prometheus' } },
                action: {
                  case: 'route',
                  value: { clusterSpecifier: { case: 'cluster', value: METRICS_CLUSTER } },
                },
              },
            ],
          },
        ],
      },
    },
    httpFilters: [
      { name: 'http_router', configType: { case: 'typedConfig', value: pack(RouterSchema, {}) } },
    ],
  })
  return toListener({
    name: METRICS_LISTENER,
    port: METRICS_PORT,
    direction: 'inbound',
    listenerFilters: [],
    filterChains: [
      {
        filters: [
          { name: 'http_connection_manager', configType: { case: 'typedConfig', value: manager } },
        ],
      },
    ],
    origins: [],
  })
}
