/** Who stands behind what: the part of reachability that is the same for every client. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { AccountKey } from '../../model/service-account.ts'
import { fromServiceKey, type ServiceKey } from '../../model/service-name.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { RoutedService } from './mesh-snapshot.ts'
import type { NamespaceMode } from './namespace-mode.ts'

export interface Topology {
  readonly services: ReadonlyMap<ServiceKey, RoutedService>
  /** Accounts behind each service. A service that nobody stands behind is absent. */
  readonly accounts: ReadonlyMap<ServiceKey, readonly AccountKey[]>
  readonly servicesOf: ReadonlyMap<AccountKey, readonly ServiceKey[]>
  /** Root services of the TrafficSplits that name a service. */
  readonly rootsOf: ReadonlyMap<ServiceKey, readonly ServiceKey[]>
  readonly openNamespaces: ReadonlySet<string>
  /** Services that every identity of the mesh may call. Sorted. */
  readonly open: readonly ServiceKey[]
  readonly openOrigins: readonly SourceLocation[]
}

export function toTopology(
  services: ReadonlyMap<ServiceKey, RoutedService>,
  accounts: ReadonlyMap<ServiceKey, readonly AccountKey[]>,
  modes: ReadonlyMap<string, NamespaceMode>,
): Topology {
  const isOpen = (key: ServiceKey): boolean =>
    modes.get(fromServiceKey(key).namespace)?.open === true
  const openModes = [...modes].filter(([, mode]) => mode.open).sort(([a], [b]) => byCodeUnit(a, b))
  return {
    services,
    accounts,
    servicesOf: invert(accounts),
    rootsOf: invert(backendsByRoot(services)),
    openNamespaces: new Set(openModes.map(([name]) => name)),
    open: [...services.keys()].filter(isOpen).sort(byCodeUnit),
    openOrigins: [...new Set(openModes.flatMap(([, mode]) => mode.origins))],
  }
}

function backendsByRoot(
  services: ReadonlyMap<ServiceKey, RoutedService>,
): ReadonlyMap<ServiceKey, readonly ServiceKey[]> {
  const roots = new Map<ServiceKey, readonly ServiceKey[]>()
  for (const [root, { backends }] of services) if (backends.length > 1) roots.set(root, backends)
  return roots
}

function invert<A, B>(map: ReadonlyMap<A, readonly B[]>): ReadonlyMap<B, readonly A[]> {
  const inverse = new Map<B, A[]>()
  for (const [key, values] of map)
    for (const value of values) {
      const known = inverse.get(value)
      if (known === undefined) inverse.set(value, [key])
      else known.push(key)
    }
  return inverse
}
