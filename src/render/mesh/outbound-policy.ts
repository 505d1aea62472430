/** Works out what each service account can reach, and shares the answer among accounts that reach the same. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { type AccountKey, fromAccountKey, toAccountKey } from '../../model/service-account.ts'
import { fromServiceKey, type ServiceKey } from '../../model/service-name.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { Grant } from '../../policy/intent/grant.ts'
import { type DerivedTable, derive } from './derive.ts'
import type { OutboundPolicy, RoutedService, Upstream } from './mesh-snapshot.ts'
import type { NamespaceMode } from './namespace-mode.ts'
import type { Topology } from './topology.ts'

/** What the grants to closed namespaces let an account reach. */
interface Reach {
  readonly destinations: readonly AccountKey[]
  readonly origins: readonly SourceLocation[]
}

export interface OutboundPolicies {
  readonly reaches: DerivedTable<AccountKey, Reach>
  /** Of accounts that no grant names, by whether destinations outside the mesh are passed through. */
  readonly ungranted: DerivedTable<boolean, OutboundPolicy>
  readonly policies: DerivedTable<AccountKey, OutboundPolicy>
}

export interface OutboundSources {
  /** Accounts that have a proxy. */
  readonly clients: ReadonlySet<AccountKey>
  readonly grantsBySource: ReadonlyMap<AccountKey, readonly Grant[]>
  readonly modes: ReadonlyMap<string, NamespaceMode>
  readonly topology: Topology
}

const NO_REACH: Reach = { destinations: [], origins: [] }

export function deriveOutboundPolicies(
  sources: OutboundSources,
  previous: OutboundPolicies | undefined,
): OutboundPolicies {
  const { clients, grantsBySource, modes, topology } = sources
  const reaches = derive({
    previous: previous?.reaches,
    sources: [clients, grantsBySource, modes],
    rows: () => reachRows(sources),
    make: toReach,
  })
  const ungranted = derive({
    previous: previous?.ungranted,
    sources: [topology],
    rows: () => [true, false].map((passthrough) => [passthrough, [passthrough, topology]] as const),
    make: (passthrough, among) => toOutboundPolicy(NO_REACH, passthrough, among),
  })
  const policies = derive({
    previous: previous?.policies,
    sources: [reaches.values, ungranted.values, clients, modes, topology],
    rows: () => policyRows(sources, reaches.values, ungranted.values),
    make: (basis, passthrough, among) =>
      'upstreams' in basis ? basis : toOutboundPolicy(basis, passthrough, among),
  })
  return { reaches, ungranted, policies }
}

/** The grants of each client that count: from an enrolled namespace to a closed one. Open ones need no grant. */
function* reachRows({
  clients,
  grantsBySource,
  modes,
}: OutboundSources): Generator<readonly [AccountKey, readonly Grant[]]> {
  for (const client of clients) {
    const grants = grantsBySource.get(client) ?? []
    const counted = grants.filter((grant) => modes.get(grant.destination.namespace)?.open === false)
    if (counted.length > 0) yield [client, counted]
  }
}

function toReach(...grants: readonly Grant[]): Reach {
  const destinations = grants.map((grant) => toAccountKey(grant.destination))
  return {
    destinations: [...new Set(destinations)].sort(byCodeUnit),
    origins: grants.map((grant) => grant.location),
  }
}

type PolicyInputs = readonly [OutboundPolicy | Reach, boolean, Topology | undefined]

function* policyRows(
  { clients, modes, topology }: OutboundSources,
  reaches: ReadonlyMap<AccountKey, Reach>,
  ungranted: ReadonlyMap<boolean, OutboundPolicy>,
): Generator<readonly [AccountKey, PolicyInputs]> {
  for (const client of clients) {
    const passthrough = modes.get(fromAccountKey(client).namespace)?.passthrough ?? false
    const reach = reaches.get(client)
    const shared = ungranted.get(passthrough)
    if (reach !== undefined) yield [client, [reach, passthrough, topology]]
    else if (shared !== undefined) yield [client, [shared, passthrough, undefined]]
  }
}

function toOutboundPolicy(
  reach: Reach,
  passthrough: boolean,
  topology: Topology | undefined,
): OutboundPolicy {
  if (topology === undefined) throw new Error('a policy of its own is composed from the topology')
  const allowed = new Set(reach.destinations)
  const services = reachableServices(reach, topology)
  const backends = new Set(services.flatMap((routed) => routed.backends))
  return {
    services,
    upstreams: [...backends]
      .sort(byCodeUnit)
      .flatMap((key) => toUpstream(key, allowed, topology) ?? []),
    passthrough,
    origins: [
      ...reach.origins,
      ...topology.openOrigins,
      ...services.flatMap((routed) => routed.origins),
    ],
  }
}

/** A service is reached when an account behind it is, and a root service when one of its backends is. */
function reachableServices(
  { destinations }: Reach,
  { services, servicesOf, rootsOf, open }: Topology,
): readonly RoutedService[] {
  const keys = new Set<ServiceKey>(open)
  for (const account of destinations) for (const key of servicesOf.get(account) ?? []) keys.add(key)
  for (const key of [...keys]) for (const root of rootsOf.get(key) ?? []) keys.add(root)
  return [...keys].sort(byCodeUnit).flatMap((key) => services.get(key) ?? [])
}

function toUpstream(
  key: ServiceKey,
  allowed: ReadonlySet<AccountKey>,
  { services, accounts, openNamespaces }: Topology,
): Upstream | undefined {
  const routed = services.get(key)
  if (routed === undefined) return undefined
  const behind = accounts.get(key) ?? []
  const isOpen = openNamespaces.has(fromServiceKey(key).namespace)
  const mine = isOpen ? behind : behind.filter((account) => allowed.has(account))
  return { service: routed.service, accounts: mine.length === behind.length ? behind : mine }
}
