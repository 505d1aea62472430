/** Groups pods that are to be told the same: their account, the services they are behind, and features. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { type AccountKey, fromAccountKey } from '../../model/service-account.ts'
import type { ServiceKey } from '../../model/service-name.ts'
import { type DerivedTable, derive } from './derive.ts'
import { type BackedService, type Backing, toInboundTargets } from './inbound-targets.ts'
import type {
  InboundPolicy,
  InboundTarget,
  OutboundPolicy,
  View,
  ViewKey,
  Workload,
} from './mesh-snapshot.ts'
import type { PodPlace } from './pod-places.ts'
import type { Topology } from './topology.ts'

/** A pod with a sidecar, and what decides its view. */
interface Seat {
  readonly workload: Workload
  readonly account: AccountKey
  readonly backings: readonly Backing[]
  readonly metrics: boolean
}

export interface Views {
  /** By pod uid. */
  readonly seats: DerivedTable<string, Seat>
  readonly targets: DerivedTable<ViewKey, readonly InboundTarget[]>
  readonly views: DerivedTable<ViewKey, View>
  readonly workloads: DerivedTable<string, readonly Workload[]>
}

export interface ViewSources {
  readonly places: ReadonlyMap<string, PodPlace>
  readonly backings: ReadonlyMap<string, readonly Backing[]>
  readonly topology: Topology
  readonly inbound: ReadonlyMap<AccountKey, InboundPolicy>
  readonly outbound: ReadonlyMap<AccountKey, OutboundPolicy>
}

const NO_BACKINGS: readonly Backing[] = []
const NO_PORTS: ReadonlyMap<string, number> = new Map()

export function deriveViews(sources: ViewSources, previous: Views | undefined): Views {
  const { places, backings, topology, inbound, outbound } = sources
  const seats = derive({
    previous: previous?.seats,
    sources: [places, backings],
    rows: () => seatRows(sources),
    make: toSeat,
  })
  const targets = derive({
    previous: previous?.targets,
    sources: [seats.values, topology],
    rows: () => targetRows(seats.values, topology),
    make: (own) => own,
  })
  const views = derive({
    previous: previous?.views,
    sources: [seats.values, targets.values, inbound, outbound],
    rows: () => viewRows(sources, seats.values, targets.values),
    make: toView,
  })
  const workloads = derive({
    previous: previous?.workloads,
    sources: [seats.values],
    rows: () =>
      Map.groupBy(
        Array.from(seats.values.values(), ({ workload }) => workload),
        ({ proxyUid }) => proxyUid,
      ),
    make: (...sharing) => sharing.toSorted((a, b) => byCodeUnit(a.podUid, b.podUid)),
  })
  return { seats, targets, views, workloads }
}

type SeatInputs = readonly [PodPlace, string, readonly Backing[]]

function* seatRows({ places, backings }: ViewSources): Generator<readonly [string, SeatInputs]> {
  for (const [uid, place] of places)
    if (place.proxyUid !== undefined)
      yield [uid, [place, place.proxyUid, backings.get(uid) ?? NO_BACKINGS]]
}

function toSeat(place: PodPlace, proxyUid: string, own: readonly Backing[]): Seat {
  const { podUid, account, services, metrics } = place
  const backings = new Map<ServiceKey, Backing>()
  for (const service of services) backings.set(service, { service, ports: NO_PORTS })
  for (const backing of own) backings.set(backing.service, backing)
  const sorted = [...backings.values()].sort((a, b) => byCodeUnit(a.service, b.service))
  const view = toViewKey(account, sorted, metrics)
  const workload = { proxyUid, podUid, account: fromAccountKey(account), view }
  return { workload, account, backings: sorted, metrics }
}

function toViewKey(account: AccountKey, backings: readonly Backing[], metrics: boolean): ViewKey {
  const services = backings.map(({ service, ports }) => {
    const named = Array.from(ports, (entry) => entry.join('=')).sort(byCodeUnit)
    return named.length === 0 ? service : `${service}(${named.join(' ')})`
  })
  return [account, services.join(','), ...(metrics ? ['metrics'] : [])].join('|') as ViewKey
}

/** What the view's pods deliver to. Worked out anew whenever a service changed: equal answers keep their identity. */
function* targetRows(
  seats: ReadonlyMap<string, Seat>,
  topology: Topology,
): Generator<readonly [ViewKey, readonly [readonly InboundTarget[]]]> {
  const done = new Set<ViewKey>()
  for (const { workload, backings } of seats.values()) {
    if (done.has(workload.view)) continue
    done.add(workload.view)
    const backed = backings.flatMap((backing) => toBackedService(backing, topology) ?? [])
    yield [workload.view, [toInboundTargets(backed)]]
  }
}

function toBackedService(
  backing: Backing,
  { services, rootsOf }: Topology,
): BackedService | undefined {
  const service = services.get(backing.service)?.service
  const roots = rootsOf.get(backing.service) ?? []
  return (
    service && {
      backing,
      service,
      roots: roots.flatMap((root) => services.get(root)?.service ?? []),
    }
  )
}

type ViewInputs = readonly [
  key: ViewKey,
  account: AccountKey,
  targets: readonly InboundTarget[],
  inbound: InboundPolicy,
  outbound: OutboundPolicy,
  metrics: boolean,
]

function* viewRows(
  { inbound, outbound }: ViewSources,
  seats: ReadonlyMap<string, Seat>,
  targets: ReadonlyMap<ViewKey, readonly InboundTarget[]>,
): Generator<readonly [ViewKey, ViewInputs]> {
  for (const { workload, account, metrics } of seats.values()) {
    const { view } = workload
    const own = [targets.get(view), inbound.get(account), outbound.get(account)] as const
    const [delivered, who, reach] = own
    if (delivered !== undefined && who !== undefined && reach !== undefined)
      yield [view, [view, account, delivered, who, reach, metrics]]
  }
}

function toView(...[key, account, targets, inbound, outbound, metrics]: ViewInputs): View {
  return { key, account: fromAccountKey(account), targets, inbound, outbound, metrics }
}
