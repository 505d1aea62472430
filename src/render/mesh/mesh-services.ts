/** Reads Services into the mesh's own: ports with a protocol and a target, and what clients connect to. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type {
  ClusterInventory,
  InventoryEndpoint,
  InventoryPort,
  InventoryService,
} from '../../model/cluster-inventory.ts'
import { type ServiceKey, type ServiceName, toServiceKey } from '../../model/service-name.ts'
import { type DerivedTable, derive } from './derive.ts'
import type { MeshPort, MeshService } from './mesh-snapshot.ts'
import type { NamespaceModes } from './namespace-mode.ts'
import { protocolOf } from './protocol-of.ts'

/** One pod of a headless service, addressed by its hostname. */
export interface HostService {
  readonly service: MeshService
  readonly hostname: string
  readonly podUid?: string
}

/** A Service, and where it is headless its pods that have hostnames (StatefulSets). */
export interface ServiceGroup {
  readonly service: MeshService
  readonly hosts: readonly HostService[]
  /** Names of ports whose target is a name, which every pod resolves for itself. */
  readonly namedTargets: readonly string[]
}

/** By the key of the Service. */
export type ServiceGroups = DerivedTable<ServiceKey, ServiceGroup>

type Endpoints = readonly InventoryEndpoint[]

export function deriveServiceGroups(
  inventory: ClusterInventory,
  modes: NamespaceModes,
  previous: ServiceGroups | undefined,
): ServiceGroups {
  const dependent = [...groupRows(inventory, modes)].map(([, [, endpoints]]) => endpoints)
  return derive({
    previous,
    sources: [inventory.services, modes.values, ...dependent],
    rows: () => groupRows(inventory, modes),
    make: toGroup,
  })
}

function* groupRows(
  inventory: ClusterInventory,
  modes: NamespaceModes,
): Generator<readonly [ServiceKey, readonly [InventoryService, Endpoints | undefined]]> {
  for (const [key, service] of inventory.services)
    if (modes.values.has(service.name.namespace))
      yield [key, [service, readsEndpoints(service) ? inventory.endpoints.get(key) : undefined]]
}

/** Only these services change with their endpoints; the others stay the same through any churn of pods. */
function readsEndpoints(service: InventoryService): boolean {
  return (
    service.clusterIps.length === 0 ||
    service.ports.some((port) => typeof port.targetPort === 'string')
  )
}

function toGroup(service: InventoryService, endpoints: Endpoints | undefined): ServiceGroup {
  const known = endpoints ?? []
  const ports = toMeshPorts(service.ports, known)
  const isHeadless = service.clusterIps.length === 0
  const hosts = isHeadless ? hostServices(service.name, ports, known) : []
  const own = hosts.length > 0 ? [] : readyAddresses(known) // a host's address must lead to its own chain
  return {
    service: toMeshService(service.name, isHeadless ? own : service.clusterIps, ports),
    hosts,
    namedTargets: service.ports
      .filter((port) => typeof port.targetPort === 'string')
      .map((port) => port.name),
  }
}

function toMeshService(
  name: ServiceName,
  addresses: readonly string[],
  ports: readonly MeshPort[],
): MeshService {
  return { key: toServiceKey(name), name, addresses, ports }
}

function readyAddresses(endpoints: Endpoints): readonly string[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready)
  return [...new Set(ready.map((endpoint) => endpoint.address))].sort(byCodeUnit)
}

function hostServices(
  { namespace, name }: ServiceName,
  ports: readonly MeshPort[],
  endpoints: Endpoints,
): readonly HostService[] {
  const byHostname = Map.groupBy(endpoints, (endpoint) => endpoint.hostname ?? '')
  byHostname.delete('')
  return [...byHostname]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([hostname, own]) => {
      const podUid = own.find((endpoint) => endpoint.podUid !== undefined)?.podUid
      const host = { namespace, name: `${hostname}.${name}` }
      return {
        service: toMeshService(host, readyAddresses(own), ports),
        hostname,
        ...(podUid !== undefined && { podUid }),
      }
    })
}

function toMeshPorts(ports: readonly InventoryPort[], endpoints: Endpoints): readonly MeshPort[] {
  return ports
    .flatMap((port) => {
      const protocol = protocolOf(port)
      if (protocol === undefined) return []
      const { name } = port
      return [{ name, port: port.port, targetPort: targetPortOf(port, endpoints), protocol }]
    })
    .sort((a, b) => a.port - b.port)
}

/**
 * Pods may resolve a name differently; the lowest number names the cluster, and endpoints carry their own. Not-ready endpoints
 * count, so that the name of the cluster does not change with readiness.
 */
function targetPortOf({ name, targetPort }: InventoryPort, endpoints: Endpoints): number {
  if (typeof targetPort === 'number') return targetPort
  const numbers = endpoints.flatMap((endpoint) => endpoint.ports.get(name) ?? [])
  return numbers.length === 0 ? 0 : Math.min(...numbers)
}
