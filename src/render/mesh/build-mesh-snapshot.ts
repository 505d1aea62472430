/**
 * Joins what a commit allows with what the cluster has. Pure, and incremental: handed the snapshot before, it recomputes only
 * what the difference touches, and everything else keeps its identity.
 */
import type { ClusterInventory } from '../../model/cluster-inventory.ts'
import type { AccountKey } from '../../model/service-account.ts'
import type { ServiceKey } from '../../model/service-name.ts'
import type { TrustDomain } from '../../model/spiffe-id.ts'
import type { MeshIntent } from '../../policy/mesh-intent.ts'
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
  readonly intent: MeshIntent
  readonly inventory: ClusterInventory
  readonly trustDomain: TrustDomain
  /** The snapshot to share structure with: usually the last one published. */
  readonly previous?: MeshSnapshot
}

/** What the commit alone says. */
interface CommitPart {
  readonly modes: NamespaceModes
  readonly enrolled: DerivedTable<'enrolled', ReadonlySet<string>>
  readonly tls: DerivedTable<'tls', TlsSettings>
  readonly grants: GrantIndex
}

/** What the cluster has, of the namespaces that the commit enrolls. */
interface ClusterPart {
  readonly places: PodPlaces
  readonly clients: DerivedTable<'clients', ReadonlySet<AccountKey>>
  readonly groups: ServiceGroups
  readonly services: DerivedTable<ServiceKey, MeshService>
  readonly endpoints: MeshEndpoints
  readonly accounts: DerivedTable<ServiceKey, readonly AccountKey[]>
  readonly backings: PodBackings
}

/** What follows from the two. */
interface JoinedPart {
  readonly routed: RoutedServices
  readonly topology: DerivedTable<'topology', Topology>
  readonly inbound: DerivedTable<AccountKey, InboundPolicy>
  readonly outbound: OutboundPolicies
  readonly views: Views
}

/** How a snapshot was worked out, kept for the next one. */
type Workings = CommitPart & ClusterPart & JoinedPart

/** Lives as long as the snapshot does; nothing else can reach it. */
const workingsOf = new WeakMap<MeshSnapshot, Workings>()

export function buildMeshSnapshot(input: MeshInput): MeshSnapshot {
  const { intent, inventory, previous, trustDomain } = input
  const before = previous && workingsOf.get(previous)
  const commit = readCommit(intent, before)
  const cluster = readCluster(inventory, commit, before)
  const joined = join(intent, { ...commit, ...cluster }, before)
  const snapshot: MeshSnapshot = {
    trustDomain,
    tls: only(commit.tls),
    services: cluster.services.values,
    endpoints: cluster.endpoints.all.values,
    workloads: joined.views.workloads.values,
    views: joined.views.views.values,
  }
  workingsOf.set(snapshot, { ...commit, ...cluster, ...joined })
  return snapshot
}

function readCommit(intent: MeshIntent, before: Workings | undefined): CommitPart {
  const modes = deriveNamespaceModes(intent, before?.modes)
  return {
    modes,
    enrolled: one(before?.enrolled, 'enrolled', [modes.values], namesOf),
    tls: one(before?.tls, 'tls', [intent.mesh], toTlsSettings),
    grants: indexGrants(intent, before?.grants),
  }
}

function readCluster(
  inventory: ClusterInventory,
  { modes }: CommitPart,
  before: Workings | undefined,
): ClusterPart {
  const places = derivePodPlaces(inventory, modes, before?.places)
  const groups = deriveServiceGroups(inventory, modes, before?.groups)
  const services = derive({
    previous: before?.services,
    sources: [groups.values],
    rows: () => serviceRows(groups.values),
    make: (service) => service,
  })
  const accounts = derive({
    previous: before?.accounts,
    sources: [groups.values, places.accounts.values],
    rows: () => accountRows(groups.values, places.accounts.values),
    make: (behind) => behind,
  })
  return {
    places,
    clients: one(before?.clients, 'clients', [places.places.values], clientsAmong),
    groups,
    services,
    endpoints: deriveMeshEndpoints(inventory, groups, places, before?.endpoints),
    accounts,
    backings: derivePodBackings(inventory, groups.values, before?.backings),
  }
}

function join(
  intent: MeshIntent,
  parts: CommitPart & ClusterPart,
  before: Workings | undefined,
): JoinedPart {
  const { modes, grants } = parts
  const clients = only(parts.clients)
  const routed = deriveRoutedServices(intent, parts.services.values, before?.routed)
  const standing = [routed.services.values, parts.accounts.values, modes.values] as const
  const table = one(before?.topology, 'topology', standing, toTopology)
  const topology = only(table)
  const inbound = deriveInbound(parts, before)
  const outbound = deriveOutboundPolicies(
    { clients, grantsBySource: grants.bySource, modes: modes.values, topology },
    before?.outbound,
  )
  const views = deriveViews(
    {
      places: parts.places.places.values,
      backings: parts.backings.values,
      topology,
      inbound: inbound.values,
      outbound: outbound.policies.values,
    },
    before?.views,
  )
  return { routed, topology: table, inbound, outbound, views }
}

function deriveInbound(
  { clients, modes, enrolled, grants }: CommitPart & ClusterPart,
  before: Workings | undefined,
): JoinedPart['inbound'] {
  const inputs = [only(clients), modes.values, only(enrolled), grants.byDestination] as const
  return derive({
    previous: before?.inbound,
    sources: inputs,
    rows: () => inboundRows(...inputs),
    make: toInboundPolicy,
  })
}

/** A table of one row. */
function one<K, V, I extends readonly unknown[]>(
  previous: DerivedTable<K, V> | undefined,
  key: K,
  inputs: Readonly<I>,
  make: (...inputs: Readonly<I>) => V,
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
  byDestination: GrantIndex['byDestination'],
): Generator<readonly [AccountKey, InboundInputs]> {
  for (const account of clients) {
    const mode = modes.get(account.slice(0, account.indexOf('/')))
    if (mode !== undefined) yield [account, [mode, enrolled, ...(byDestination.get(account) ?? [])]]
  }
}
