/** Applies TrafficSplits to the services they are about. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { type ServiceKey, toServiceKey } from '../../model/service-name.ts'
import type { TrafficSplitIntent } from '../../policy/intent/traffic-split-intent.ts'
import type { MeshIntent } from '../../policy/mesh-intent.ts'
import { type DerivedTable, derive } from './derive.ts'
import type {
  MeshPort,
  MeshService,
  RoutedPort,
  RoutedService,
  RouteRule,
  WeightedBackend,
} from './mesh-snapshot.ts'
import { isHttp } from './protocol-of.ts'

export interface RoutedServices {
  /** TrafficSplits by root service, the same objects as last time where they say the same. */
  readonly splits: DerivedTable<ServiceKey, readonly TrafficSplitIntent[]>
  readonly services: DerivedTable<ServiceKey, RoutedService>
}

const NO_SPLITS: readonly TrafficSplitIntent[] = []

export function deriveRoutedServices(
  intent: MeshIntent,
  services: ReadonlyMap<ServiceKey, MeshService>,
  previous: RoutedServices | undefined,
): RoutedServices {
  const splits = derive({
    previous: previous?.splits,
    sources: [intent.splits],
    rows: function* () {
      for (const [root, own] of intent.splits) yield [root, [own]] as const
    },
    make: (own) => own,
  })
  const routed = derive({
    previous: previous?.services,
    sources: [services, splits.values],
    rows: () => routedRows(services, splits.values),
    make: toRoutedService,
  })
  return { splits, services: routed }
}

type RoutedInputs = readonly [MeshService, readonly TrafficSplitIntent[], ...MeshService[]]

function* routedRows(
  services: ReadonlyMap<ServiceKey, MeshService>,
  splits: ReadonlyMap<ServiceKey, readonly TrafficSplitIntent[]>,
): Generator<readonly [ServiceKey, RoutedInputs]> {
  for (const [key, service] of services) {
    const own = splits.get(key) ?? NO_SPLITS
    yield [key, [service, own, ...backendsOf(own, services)]]
  }
}

function backendsOf(
  splits: readonly TrafficSplitIntent[],
  services: ReadonlyMap<ServiceKey, MeshService>,
): readonly MeshService[] {
  const named = splits.flatMap((split) =>
    split.backends.map(({ service }) => toServiceKey(service)),
  )
  return [...new Set(named)].sort(byCodeUnit).flatMap((key) => services.get(key) ?? [])
}

function toRoutedService(
  service: MeshService,
  splits: readonly TrafficSplitIntent[],
  ...backends: readonly MeshService[]
): RoutedService {
  const known = new Map([service, ...backends].map((one) => [one.key, one]))
  return {
    service,
    ports: service.ports.map((port) => toRoutedPort(service, port, splits, known)),
    backends: [...known.keys()].sort(byCodeUnit),
    origins: splits.map((split) => split.location),
  }
}

/** Splits that name requests come first; then the one that governs every request, or the service itself (D13). */
function toRoutedPort(
  service: MeshService,
  port: MeshPort,
  splits: readonly TrafficSplitIntent[],
  known: ReadonlyMap<ServiceKey, MeshService>,
): RoutedPort {
  const ordered = splits.toSorted((a, b) => byCodeUnit(a.id.name, b.id.name))
  const selective = ordered.filter((split) => split.matches.length > 0)
  const general = ordered.find((split) => split.matches.length === 0)
  const rules: RouteRule[] = isHttp(port.protocol)
    ? selective.map((split) => toRule(split, port, known))
    : []
  const rest =
    general === undefined
      ? { matches: [], backends: [toBackend(service, port, 100)] }
      : toRule(general, port, known)
  return { ...port, rules: [...rules, rest] }
}

function toRule(
  split: TrafficSplitIntent,
  { port }: MeshPort,
  known: ReadonlyMap<ServiceKey, MeshService>,
): RouteRule {
  const backends = split.backends.flatMap(({ service, weight }) => {
    const backend = known.get(toServiceKey(service))
    const target = backend?.ports.find((candidate) => candidate.port === port)
    // A backend that is not there (yet) is left out, and the others share its part.
    return backend === undefined || target === undefined ? [] : [toBackend(backend, target, weight)]
  })
  return {
    matches: split.matches.map(({ pathRegex, methods, headers }) => ({
      pathRegex,
      methods,
      headers,
    })),
    backends: mergeBackends(backends),
  }
}

function toBackend(
  { name }: MeshService,
  { targetPort }: MeshPort,
  weight: number,
): WeightedBackend {
  return { service: name, targetPort, weight }
}

/** One entry a cluster, sorted: a service that is named twice has the sum of its weights. */
function mergeBackends(backends: readonly WeightedBackend[]): readonly WeightedBackend[] {
  const merged = new Map<string, WeightedBackend>()
  for (const backend of backends) {
    const key = `${toServiceKey(backend.service)}|${backend.targetPort}`
    const weight = (merged.get(key)?.weight ?? 0) + backend.weight
    merged.set(key, { ...backend, weight })
  }
  return [...merged].sort(([a], [b]) => byCodeUnit(a, b)).map(([, backend]) => backend)
}
