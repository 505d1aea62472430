/**
 * What exists in the cluster: namespaces, services, endpoints, pods. The cluster supplies this and nothing else;
 * access and traffic rules come from the commit. Immutable; a new one shares what did not change.
 */
import type { ServiceAccount } from './service-account.ts'
import type { ServiceKey, ServiceName } from './service-name.ts'

export interface InventoryPort {
  /** Empty for the only port of a service. */
  readonly name: string
  readonly port: number
  /** A number, or the name of a container port; endpoints carry the number it resolves to. */
  readonly targetPort: number | string
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly appProtocol?: string
}

export interface InventoryService {
  readonly name: ServiceName
  /** Empty for a headless service. */
  readonly clusterIps: readonly string[]
  readonly ports: readonly InventoryPort[]
  readonly selector: Readonly<Record<string, string>>
}

export interface InventoryPod {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly ip?: string
  readonly account: ServiceAccount
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** The label `osm-proxy-uuid`: present on a pod that carries a sidecar. */
  readonly proxyUid?: string
}

export interface InventoryEndpoint {
  readonly address: string
  /** Port number by service port name. */
  readonly ports: ReadonlyMap<string, number>
  readonly ready: boolean
  /** The pod behind the address; absent for endpoints that no pod backs. */
  readonly podUid?: string
  readonly hostname?: string
}

export interface ClusterInventory {
  /** Namespaces that exist. */
  readonly namespaces: ReadonlySet<string>
  readonly services: ReadonlyMap<ServiceKey, InventoryService>
  /** By pod uid. */
  readonly pods: ReadonlyMap<string, InventoryPod>
  /** Sorted by address, per service. A service without endpoints may be absent. */
  readonly endpoints: ReadonlyMap<ServiceKey, readonly InventoryEndpoint[]>
}
