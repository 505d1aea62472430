/**
 * The bootstrap of a sidecar: where the control plane is, and how each proves to the other who it is. Pure.
 * It is a file that people read beside Envoy's documentation, so it is written in that documentation's words.
 */
import { isIPv4, isIPv6 } from 'node:net'
import type { ServiceAccount } from '../model/service-account.ts'
import type { SpiffeId } from '../model/spiffe-id.ts'
import { TLS_SECRET, toSdsConfig, VALIDATION_SECRET } from './bootstrap-secrets.ts'

export interface BootstrapSettings {
  readonly controlPlane: {
    /** An IP address, or a DNS name that is looked up again and again. */
    readonly host: string
    readonly port: number
    /** The only identity that Envoy takes its configuration from. */
    readonly spiffeId: SpiffeId
  }
  readonly tlsMinimum: 'TLSv1_2' | 'TLSv1_3'
  readonly tlsMaximum: 'TLSv1_2' | 'TLSv1_3'
}

export interface BootstrapRequest {
  readonly proxyUid: string
  readonly account: ServiceAccount
  readonly settings: BootstrapSettings
  /** Where Envoy finds the files beside its bootstrap. */
  readonly directory: string
}

/** OSM's name for it; people look for it in `/clusters` and in stats. */
export const CONTROL_PLANE_CLUSTER = 'osm-controller'

/** Shorter than Envoy's 30 s, so that a restarted control plane has its proxies back soon; jittered from half a second up. */
const MAX_RECONNECT = '3s'

export function toBootstrap(request: BootstrapRequest): Readonly<Record<string, unknown>> {
  const { account } = request
  return {
    node: {
      // The control plane compares it with the certificate, which alone counts.
      id: request.proxyUid,
      cluster: `${account.name}.${account.namespace}`,
    },
    admin: { address: toSocketAddress('127.0.0.1', 15000) },
    dynamic_resources: {
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [
          {
            envoy_grpc: {
              cluster_name: CONTROL_PLANE_CLUSTER,
              retry_policy: {
                retry_back_off: { base_interval: '0.5s', max_interval: MAX_RECONNECT },
              },
            },
          },
        ],
      },
      cds_config: overAds(),
      lds_config: overAds(),
    },
    static_resources: { clusters: [controlPlaneCluster(request)] },
  }
}

/**
 * Without a limit of time: a proxy that has no configuration yet is not ready, and says so, instead of going live with none.
 * Clusters and listeners are wildcard subscriptions, which the control plane always answers.
 */
function overAds(): Readonly<Record<string, unknown>> {
  return { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' }
}

function controlPlaneCluster(request: BootstrapRequest): Readonly<Record<string, unknown>> {
  const { settings, directory } = request
  const { host, port } = settings.controlPlane
  const isAddress = isIPv4(host) || isIPv6(host)
  return {
    name: CONTROL_PLANE_CLUSTER,
    type: isAddress ? 'STATIC' : 'LOGICAL_DNS',
    connect_timeout: '5s',
    load_assignment: {
      cluster_name: CONTROL_PLANE_CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: toSocketAddress(host, port) } }] }],
    },
    // A peer that is gone without a word is noticed in under a minute, by ping and, below HTTP, by TCP.
    upstream_connection_options: {
      tcp_keepalive: { keepalive_probes: 5, keepalive_time: 60, keepalive_interval: 5 },
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: {
          http2_protocol_options: {
            connection_keepalive: { interval: '30s', timeout: '10s' },
          },
        },
      },
    },
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        ...(isAddress ? {} : { sni: host }),
        common_tls_context: {
          tls_params: {
            tls_minimum_protocol_version: settings.tlsMinimum,
            tls_maximum_protocol_version: settings.tlsMaximum,
          },
          alpn_protocols: ['h2'],
          tls_certificate_sds_secret_configs: [toSdsConfig(TLS_SECRET, directory)],
          validation_context_sds_secret_config: toSdsConfig(VALIDATION_SECRET, directory),
        },
      },
    },
  }
}

function toSocketAddress(address: string, port: number): Readonly<Record<string, unknown>> {
  return { socket_address: { address, port_value: port } }
}
