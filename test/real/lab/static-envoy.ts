/** A fixed Envoy configuration that passes everything on and leaves a header at each side: proof of the way a request took. */
import { ENVOY_MARK } from '../../../src/lab/pod-argv.ts'

function listener(port: number, header: string, cluster: string) {
  const routes = [{ match: { prefix: '/' }, route: { cluster } }]
  const added = [{ header: { key: header, value: 'yes' } }]
  return {
    name: header,
    address: { socket_address: { address: '0.0.0.0', port_value: port } },
    listener_filters: [
      {
        name: 'original_dst',
        typed_config: {
          '@type':
            'type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst',
        },
      },
    ],
    filter_chains: [
      {
        filters: [
          {
            name: 'hcm',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              stat_prefix: header,
              route_config: {
                virtual_hosts: [
                  { name: 'all', domains: ['*'], routes, request_headers_to_add: added },
                ],
              },
              http_filters: [
                {
                  name: 'router',
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
                  },
                },
              ],
            },
          },
        ],
      },
    ],
  }
}

export function staticEnvoy(options: {
  /** Whether Envoy marks its sockets; else its uid tells. */
  readonly mark?: boolean
  /** Where the workload listens. */
  readonly port: number
}): string {
  const { mark, port } = options
  const local = { socket_address: { address: '127.0.0.1', port_value: port } }
  const option = { level: 1, name: 36, int_value: ENVOY_MARK, state: 'STATE_PREBIND' }
  return JSON.stringify({
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 15_000 } } },
    ...(mark && { cluster_manager: { upstream_bind_config: { socket_options: [option] } } }),
    static_resources: {
      listeners: [listener(15_001, 'x-out', 'original'), listener(15_003, 'x-in', 'local')],
      clusters: [
        { name: 'original', type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED' },
        {
          name: 'local',
          type: 'STATIC',
          load_assignment: {
            cluster_name: 'local',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: local } }] }],
          },
        },
      ],
    },
  })
}
