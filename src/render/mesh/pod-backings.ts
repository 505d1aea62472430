/** What a pod's own endpoint says of it: the numbers that named ports have there, and the hostname it is called by. */
import type { ClusterInventory } from '../../model/cluster-inventory.ts'
import type { ServiceKey } from '../../model/service-name.ts'
import { type DerivedTable, derive } from './derive.ts'
import type { Backing } from './inbound-targets.ts'
import type { ServiceGroup } from './mesh-services.ts'

/** By pod uid; only pods behind services with named target ports or hostnames are in it. */
export type PodBackings = DerivedTable<string, readonly Backing[]>

export function derivePodBackings(
  inventory: ClusterInventory,
  groups: ReadonlyMap<ServiceKey, ServiceGroup>,
  previous: PodBackings | undefined,
): PodBackings {
  const special = [...groups].filter(([, group]) => dependsOnPod(group))
  return derive({
    previous,
    sources: [groups, ...special.map(([key]) => inventory.endpoints.get(key))],
    rows: () => backingRows(inventory, special),
    make: (...backings) => backings,
  })
}

function dependsOnPod({ namedTargets, hosts }: ServiceGroup): boolean {
  return namedTargets.length > 0 || hosts.length > 0
}

function backingRows(
  inventory: ClusterInventory,
  special: readonly (readonly [ServiceKey, ServiceGroup])[],
): ReadonlyMap<string, readonly Backing[]> {
  const found = new Map<string, Backing[]>()
  for (const [key, { namedTargets, hosts }] of special)
    for (const { podUid, ports, hostname } of inventory.endpoints.get(key) ?? []) {
      if (podUid === undefined) continue
      const resolved = pick(ports, namedTargets)
      const host = hosts.find((one) => one.hostname === hostname && one.podUid === podUid)
      const own = found.get(podUid) ?? []
      own.push({ service: key, ports: resolved })
      if (host !== undefined) own.push({ service: host.service.key, ports: resolved })
      found.set(podUid, own)
    }
  return found
}

function pick(
  ports: ReadonlyMap<string, number>,
  names: readonly string[],
): ReadonlyMap<string, number> {
  const picked = new Map<string, number>()
  for (const name of names) {
    const number = ports.get(name)
    if (number !== undefined) picked.set(name, number)
  }
  return picked
}
