/** The names that resources have on the wire: OSM's, so that dashboards, alerts and habits carry over. */
import type { ServiceAccount } from '../../model/service-account.ts'
import type { ServiceName } from '../../model/service-name.ts'
import type { ResourceName } from './envoy-resource.ts'

export const OUTBOUND_LISTENER = 'outbound-listener' as ResourceName
export const INBOUND_LISTENER = 'inbound-listener' as ResourceName
export const METRICS_LISTENER = 'inbound-prometheus-listener' as ResourceName
export const PASSTHROUGH_CLUSTER = 'passthrough-outbound' as ResourceName
export const METRICS_CLUSTER = 'envoy-metrics-cluster' as ResourceName

/** The RBAC filter of an HTTP connection: RouteConfigurations address their per-route settings to it by this name. */
export const HTTP_RBAC_FILTER = 'envoy.filters.http.rbac'

export const OUTBOUND_PORT = 15001
export const INBOUND_PORT = 15003
export const METRICS_PORT = 15010
export const ADMIN_PORT = 15000

function printService(service: ServiceName): string {
  return `${service.namespace}/${service.name}`
}

export function upstreamClusterName(service: ServiceName, targetPort: number): ResourceName {
  return `${printService(service)}|${targetPort}` as ResourceName
}

export function localClusterName(service: ServiceName, targetPort: number): ResourceName {
  return `${printService(service)}|${targetPort}|local` as ResourceName
}

export function outboundRoutesName(port: number): ResourceName {
  return `rds-outbound.${port}` as ResourceName
}

export function inboundRoutesName(targetPort: number): ResourceName {
  return `rds-inbound.${targetPort}` as ResourceName
}

export function outboundChainName(service: ServiceName, port: number, protocol: string): string {
  return `outbound_${printService(service)}_${port}_${protocol}`
}

export function inboundChainName(service: ServiceName, port: number, protocol: string): string {
  return `inbound_${printService(service)}_${port}_${protocol}`
}

/** The proxy's own certificate and key. */
export function leafSecretName(account: ServiceAccount): ResourceName {
  return `service-cert:${account.namespace}/${account.name}` as ResourceName
}

/** Roots, and the accounts that may answer for a service. */
export function outboundValidationName(service: ServiceName): ResourceName {
  return `root-cert-for-mtls-outbound:${printService(service)}` as ResourceName
}

/** Roots that clients are checked against. */
export function inboundValidationName(account: ServiceAccount): ResourceName {
  return `root-cert-for-mtls-inbound:${account.namespace}/${account.name}` as ResourceName
}
