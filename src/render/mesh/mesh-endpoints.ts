/** Joins endpoints with the accounts that answer there. */
import type { ClusterInventory, InventoryEndpoint } from '../../model/cluster-inventory.ts'
import { fromAccountKey } from '../../model/service-account.ts'
import { fromServiceKey, type ServiceKey } from '../../model/service-name.ts'
import { type DerivedTable, derive } from './derive.ts'
import type { ServiceGroup, ServiceGroups } from './mesh-services.ts'
import type { MeshEndpoint } from './mesh-snapshot.ts'
import type { PodPlace, PodPlaces } from './pod-places.ts'

export interface MeshEndpoints {
  /** Per Service. */
  readonly services: DerivedTable<ServiceKey, readonly MeshEndpoint[]>
  /** Per Service and per host of a headless one. */
  readonly all: DerivedTable<ServiceKey, readonly MeshEndpoint[]>
}

const NONE: readonly MeshEndpoint[] = []

export function deriveMeshEndpoints(
  inventory: ClusterInventory,
  groups: ServiceGroups,
  { places }: PodPlaces,
  previous: MeshEndpoints | undefined,
): MeshEndpoints {
  const services = derive({
    previous: previous?.services,
    sources: [inventory.endpoints, groups.values, places.values],
    rows: () => endpointRows(inventory, groups, places.values),
    make: toMeshEndpoints,
  })
  const all = derive({
    previous: previous?.all,
    sources: [services.values, groups.values],
    rows: () => hostRows(groups.values, services.values),
    make: ofHost,
  })
  return { services, all }
}

type EndpointInputs = readonly [
  ServiceKey,
  readonly InventoryEndpoint[],
  ...(PodPlace | undefined)[],
]

function* endpointRows(
  inventory: ClusterInventory,
  groups: ServiceGroups,
  places: ReadonlyMap<string, PodPlace>,
): Generator<readonly [ServiceKey, EndpointInputs]> {
  for (const key of groups.values.keys()) {
    const endpoints = inventory.endpoints.get(key) ?? []
    const behind = endpoints.map(({ podUid }) =>
      podUid === undefined ? undefined : places.get(podUid),
    )
    if (endpoints.length > 0) yield [key, [key, endpoints, ...behind]]
  }
}

function toMeshEndpoints(
  service: ServiceKey,
  endpoints: readonly InventoryEndpoint[],
  ...behind: readonly (PodPlace | undefined)[]
): readonly MeshEndpoint[] {
  const { namespace } = fromServiceKey(service)
  return endpoints.flatMap(({ address, ports, ready, hostname }, index) => {
    const account = behind[index]?.account
    // An EndpointSlice can name a pod of another namespace: its account does not answer for this service.
    const isOurs = account !== undefined && fromAccountKey(account).namespace === namespace
    if (!ready || !isOurs) return []
    return [{ address, account, ports, ...(hostname !== undefined && { hostname }) }]
  })
}

function* hostRows(
  groups: ReadonlyMap<ServiceKey, ServiceGroup>,
  services: ReadonlyMap<ServiceKey, readonly MeshEndpoint[]>,
): Generator<readonly [ServiceKey, readonly [readonly MeshEndpoint[], string | undefined]]> {
  for (const [key, { hosts }] of groups) {
    const endpoints = services.get(key) ?? NONE
    yield [key, [endpoints, undefined]]
    for (const { service, hostname } of hosts) yield [service.key, [endpoints, hostname]]
  }
}

function ofHost(
  endpoints: readonly MeshEndpoint[],
  hostname: string | undefined,
): readonly MeshEndpoint[] {
  if (hostname === undefined) return endpoints
  return endpoints.filter((endpoint) => endpoint.hostname === hostname)
}
