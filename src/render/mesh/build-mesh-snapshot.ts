/**
 * Joins what a commit allows with what the cluster has. Pure, and incremental: handed the snapshot before, it recomputes only
 * what the difference touches, and everything else keeps its identity.
 */
import type { ClusterInventory } from '../../model/cluster-inventory.ts'
import type { AccountKey } from '../../model/service-account.ts'
import type { ServiceKey } from '../../model/service-name.ts'
import type { TrustDomain } from '../../model/spiffe-id.ts'
import type { Intent } from '../../policy/intent.ts'
import { type DerivedTable, derive } from './derive.ts'
import { type GrantIndex, indexGrants } from './grant-index.ts'
import { toInboundPolicy } from './inbound-policy.ts'
import { deriveMeshEndpoints, type MeshEndpoints } from './mesh-endpoints.ts'
import { deriveServiceGroups, type ServiceGroup, type ServiceGroups } from './mesh-services.ts'
import type { InboundPolicy, MeshService, MeshSnapshot, TlsSettings } from './mesh-snapshot.ts'
import { deriveNamespaceModes, type NamespaceMode, type NamespaceModes } from './namespace-mode.ts'
import { deriveOutboundPolicies, type OutboundPolicies } from './outbound-policy.ts'
import { derivePodBackings, type PodBackings } from './pod-backings.ts'
import { derivePodPlaces, type PodPlace, type PodPlaces } from './pod-places.ts'
import { deriveRoutedServices, type RoutedServices } from './routed-services.ts'
import { type Topology, toTopology } from './topology.ts'
import { deriveViews, type Views } from './views.ts'

export interface MeshInput {
  readonly intent: Intent
  readonly inventory: ClusterInventory
  readonly trustDomain: TrustDomain
  /** The snapshot to share structure with: usually the last one published. */
  readonly previous?: MeshSnapshot
}

/** How a snapshot was worked out, kept for the next one. */
interface Workings {
  readonly modes: NamespaceModes
  readonly enrolled: DerivedTable<'enrolled', ReadonlySet<string>>
  readonly tls: DerivedTable<'tls', TlsSettings>
  readonly grants: GrantIndex
  readonly places: PodPlaces
  readonly groups: ServiceGroups
  readonly services: DerivedTable<ServiceKey, MeshService>
  readonly endpoints: MeshEndpoints
  readonly accounts: DerivedTable<ServiceKey, readonly AccountKey[]>
  readonly routed: RoutedServices
  readonly topology: DerivedTable<'topology', Topology>
  readonly clients: DerivedTable<'clients', ReadonlySet<AccountKey>>
  readonly inbound: DerivedTable<AccountKey, InboundPolicy>
  readonly outbound: OutboundPolicies
  readonly backings: PodBackings
  readonly views: Views
}

/** Lives as long as the snapshot does; nothing else can reach it. */
const workingsOf = new WeakMap<MeshSnapshot, Workings>()

export function buildMeshSnapshot(input: MeshInput): MeshSnapshot {
  const { intent, previous, trustDomain } = input
  const workings = work(input, previous && workingsOf.get(previous))
  const snapshot: MeshSnapshot = {
    commit: intent.commit,
    trustDomain,
    tls: only(workings.tls),
    services: workings.services.values,
    endpoints: workings.endpoints.all.values,
    workloads: workings.views.workloads.values,
    views: workings.views.views.values,
  }
  workingsOf.set(snapshot, workings)
  return snapshot
}

function work({ intent, inventory }: MeshInput, before: Workings | undefined): Workings {
  const modes = deriveNamespaceModes(intent, before?.modes)
  const enrolled = one(before?.enrolled, 'enrolled', [modes.values], namesOf)
  const tls = one(before?.tls, 'tls', [intent.mesh], toTlsSettings)
  const grants = indexGrants(intent, before?.grants)
  const places = derivePodPlaces(inventory, modes, before?.places)
  const groups = deriveServiceGroups(inventory, modes, before?.groups)
  const services = derive({
    previous: before?.services,
    sources: [groups.values],
    rows: () => serviceRows(groups.values),
    make: (service) => service,
  })
  const endpoints = deriveMeshEndpoints(inventory, groups, places, before?.endpoints)
  const accounts = derive({
    previous: before?.accounts,
    sources: [groups.values, places.accounts.values],
    rows: () => accountRows(groups.values, places.accounts.values),
    make: (behind) => behind,
  })
  const routed = deriveRoutedServices(intent, services.values, before?.routed)
  const topology = one(
    before?.topology,
    'topology',
    [routed.services.values, accounts.values, modes.values],
    toTopology,
  )
  const clients = one(before?.clients, 'clients', [places.places.values], clientsAmong)
  const inbound = derive({
    previous: before?.inbound,
    sources: [only(clients), modes.values, only(enrolled), grants.byDestination],
    rows: () => inboundRows(only(clients), modes.values, only(enrolled), grants),
    make: toInboundPolicy,
  })
  const outbound = deriveOutboundPolicies(
    {
      clients: only(clients),
      grantsBySource: grants.bySource,
      modes: modes.values,
      topology: only(topology),
    },
    before?.outbound,
  )
  const backings = derivePodBackings(inventory, groups.values, before?.backings)
  const views = deriveViews(
    {
      places: places.places.values,
      backings: backings.values,
      topology: only(topology),
      inbound: inbound.values,
      outbound: outbound.policies.values,
    },
    before?.views,
  )
  return {
    modes,
    enrolled,
    tls,
    grants,
    places,
    groups,
    services,
    endpoints,
    accounts,
    routed,
    topology,
    clients,
    inbound,
    outbound,
    backings,
    views,
  }
}

/** A table of one row. */
function one<K, V, I extends readonly unknown[]>(
  previous: DerivedTable<K, V> | undefined,
  key: K,
  inputs: I,
  make: (...inputs: I) => V,
): DerivedTable<K, V> {
  return derive<K, V, I>({ previous, sources: inputs, rows: () => [[key, inputs]], make })
}

function only<V>(table: DerivedTable<unknown, V>): V {
  for (const value of table.values.values()) return value
  throw new Error('a table of one row has none')
}

function namesOf(modes: ReadonlyMap<string, NamespaceMode>): ReadonlySet<string> {
  return new Set(modes.keys())
}

function toTlsSettings(mesh: TlsSettings): TlsSettings {
  const { tlsMinimum, tlsMaximum, cipherSuites, ecdhCurves } = mesh
  return { tlsMinimum, tlsMaximum, cipherSuites, ecdhCurves }
}

function clientsAmong(places: ReadonlyMap<string, PodPlace>): ReadonlySet<AccountKey> {
  const clients = new Set<AccountKey>()
  for (const { account, proxyUid } of places.values())
    if (proxyUid !== undefined) clients.add(account)
  return clients
}

function* serviceRows(
  groups: ReadonlyMap<ServiceKey, ServiceGroup>,
): Generator<readonly [ServiceKey, readonly [MeshService]]> {
  for (const { service, hosts } of groups.values()) {
    yield [service.key, [service]]
    for (const host of hosts) yield [host.service.key, [host.service]]
  }
}

/** The accounts behind one pod of a headless service are taken to be those behind all of it. */
function* accountRows(
  groups: ReadonlyMap<ServiceKey, ServiceGroup>,
  accounts: ReadonlyMap<ServiceKey, readonly AccountKey[]>,
): Generator<readonly [ServiceKey, readonly [readonly AccountKey[]]]> {
  for (const [key, { hosts }] of groups) {
    const behind = accounts.get(key)
    if (behind === undefined) continue
    yield [key, [behind]]
    for (const host of hosts) yield [host.service.key, [behind]]
  }
}

type InboundInputs = Parameters<typeof toInboundPolicy>

function* inboundRows(
  clients: ReadonlySet<AccountKey>,
  modes: ReadonlyMap<string, NamespaceMode>,
  enrolled: ReadonlySet<string>,
  { byDestination }: GrantIndex,
): Generator<readonly [AccountKey, InboundInputs]> {
  for (const account of clients) {
    const mode = modes.get(account.slice(0, account.indexOf('/')))
    if (mode !== undefined) yield [account, [mode, enrolled, ...(byDestination.get(account) ?? [])]]
  }
}
