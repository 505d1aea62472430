/** Finds which services each pod of an enrolled namespace is behind, and so which accounts answer for a service. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type {
  ClusterInventory,
  InventoryPod,
  InventoryService,
} from '../../model/cluster-inventory.ts'
import { type AccountKey, toAccountKey } from '../../model/service-account.ts'
import { fromServiceKey, type ServiceKey, toServiceKey } from '../../model/service-name.ts'
import { type DerivedTable, derive } from './derive.ts'
import type { NamespaceModes } from './namespace-mode.ts'

/** What the mesh needs to know of a pod: equal after every status update that does not matter to it. */
export interface PodPlace {
  readonly podUid: string
  readonly account: AccountKey
  readonly proxyUid?: string
  readonly metrics: boolean
  /** Services behind which the pod stands, ready or not. Sorted. */
  readonly services: readonly ServiceKey[]
}

export interface PodPlaces {
  /** By a selector's first requirement (`label=value`), per namespace. */
  readonly selectors: DerivedTable<string, SelectorIndex>
  /** By pod uid. */
  readonly places: DerivedTable<string, PodPlace>
  /** Accounts of the pods behind each service. Sorted. */
  readonly accounts: DerivedTable<ServiceKey, readonly AccountKey[]>
}

type SelectorIndex = ReadonlyMap<string, readonly InventoryService[]>

const NO_SELECTORS: SelectorIndex = new Map()

export function derivePodPlaces(
  inventory: ClusterInventory,
  modes: NamespaceModes,
  previous: PodPlaces | undefined,
): PodPlaces {
  const selectors = derive({
    previous: previous?.selectors,
    sources: [inventory.services, modes.values],
    rows: () => servicesByNamespace(inventory, modes),
    make: toSelectorIndex,
  })
  const unselected = podsOfUnselectedServices(inventory)
  const places = derive({
    previous: previous?.places,
    sources: [inventory.pods, modes.values, selectors.values, ...unselectedEndpoints(inventory)],
    rows: () => placeRows(inventory, modes, selectors.values, unselected),
    make: toPlace,
  })
  const accounts = derive({
    previous: previous?.accounts,
    sources: [places.values],
    rows: () => accountRows(places.values),
    make: (...keys) => keys,
  })
  return { selectors, places, accounts }
}

function* servicesByNamespace(
  inventory: ClusterInventory,
  modes: NamespaceModes,
): Generator<readonly [string, readonly InventoryService[]]> {
  const groups = Map.groupBy(inventory.services.values(), (service) => service.name.namespace)
  for (const [namespace, services] of groups)
    if (modes.values.has(namespace)) yield [namespace, services]
}

function toSelectorIndex(...services: readonly InventoryService[]): SelectorIndex {
  const index = new Map<string, InventoryService[]>()
  for (const service of services) {
    const [first] = Object.entries(service.selector)
    if (first === undefined) continue
    const requirement = first.join('=')
    const known = index.get(requirement)
    if (known === undefined) index.set(requirement, [service])
    else known.push(service)
  }
  return index
}

function isUnselected(service: InventoryService): boolean {
  return Object.keys(service.selector).length === 0
}

/** A Service without a selector has the pods that its endpoints point at. */
function* unselectedEndpoints(inventory: ClusterInventory): Generator<unknown> {
  for (const [key, service] of inventory.services)
    if (isUnselected(service)) yield inventory.endpoints.get(key)
}

function podsOfUnselectedServices(
  inventory: ClusterInventory,
): ReadonlyMap<string, readonly ServiceKey[]> {
  const services = new Map<string, ServiceKey[]>()
  for (const [key, service] of inventory.services) {
    if (!isUnselected(service)) continue
    for (const { podUid } of inventory.endpoints.get(key) ?? [])
      if (podUid !== undefined) services.set(podUid, [...(services.get(podUid) ?? []), key])
  }
  return services
}

type PlaceInputs = readonly [InventoryPod, SelectorIndex, ...ServiceKey[]]

function* placeRows(
  inventory: ClusterInventory,
  modes: NamespaceModes,
  selectors: ReadonlyMap<string, SelectorIndex>,
  unselected: ReadonlyMap<string, readonly ServiceKey[]>,
): Generator<readonly [string, PlaceInputs]> {
  for (const [uid, pod] of inventory.pods) {
    if (!modes.values.has(pod.namespace)) continue
    const index = selectors.get(pod.namespace) ?? NO_SELECTORS
    yield [uid, [pod, index, ...(unselected.get(uid) ?? [])]]
  }
}

function toPlace(
  pod: InventoryPod,
  selectors: SelectorIndex,
  ...unselected: readonly ServiceKey[]
): PodPlace {
  const selected = Object.entries(pod.labels)
    .flatMap((label) => selectors.get(label.join('=')) ?? [])
    .filter((service) => selects(service, pod))
    .map((service) => toServiceKey(service.name))
  return {
    podUid: pod.uid,
    account: toAccountKey(pod.account),
    ...(pod.proxyUid !== undefined && { proxyUid: pod.proxyUid }),
    metrics: pod.annotations['prometheus.io/scrape'] === 'true',
    services: [...new Set([...selected, ...unselected.filter(isNear(pod))])].sort(byCodeUnit),
  }
}

/** An EndpointSlice can point at any pod; a pod stands behind services of its own namespace only. */
function isNear(pod: InventoryPod): (service: ServiceKey) => boolean {
  return (service) => fromServiceKey(service).namespace === pod.namespace
}

function selects({ selector }: InventoryService, { labels }: InventoryPod): boolean {
  return Object.entries(selector).every(
    ([name, value]) => Object.hasOwn(labels, name) && labels[name] === value,
  )
}

function* accountRows(
  places: ReadonlyMap<string, PodPlace>,
): Generator<readonly [ServiceKey, readonly AccountKey[]]> {
  const behind = new Map<ServiceKey, Set<AccountKey>>()
  for (const { account, services } of places.values())
    for (const service of services) {
      const known = behind.get(service)
      if (known === undefined) behind.set(service, new Set([account]))
      else known.add(account)
    }
  for (const [service, accounts] of behind) yield [service, [...accounts].sort(byCodeUnit)]
}
