/** The inventory that a lab running these workloads would have: every pod ready, each with a sidecar. */
import { clusterAddresses, podAddress } from '../../lab/addresses.ts'
import {
  toEndpointSlices,
  toNamespaceObject,
  toPodObject,
  toPodStatus,
  toServiceObject,
} from '../../lab/cluster-objects.ts'
import { podKey } from '../../lab/pod-state.ts'
import type { Workloads } from '../../lab/workloads/workloads.ts'
import type { ClusterInventory } from '../../model/cluster-inventory.ts'
import { InventoryTables } from '../../reconciler/cluster-inventory/inventory-tables.ts'

export function workloadInventory({ services, pods }: Workloads): ClusterInventory {
  const tables = new InventoryTables()
  const names = services.filter((service) => !service.headless).map(podKey)
  const clusterIps = clusterAddresses(names)
  // The pod's own name serves as its uid: nothing runs here that it could be confused with.
  const states = pods.map((workload, ordinal) => ({
    workload,
    address: podAddress(ordinal),
    proxyUid: `${workload.namespace}.${workload.name}`,
    ready: true,
  }))
  const uids = new Map(states.map(({ workload }) => [podKey(workload), podKey(workload)]))
  for (const namespace of new Set([...services, ...pods].map((object) => object.namespace)))
    tables.put('Namespace', withUid(toNamespaceObject(namespace), namespace))
  for (const service of services) {
    const object = toServiceObject(service, clusterIps.get(podKey(service)) ?? 'None')
    tables.put('Service', withUid(object, podKey(service)))
    for (const slice of toEndpointSlices(service, states, uids))
      tables.put('EndpointSlice', withUid(slice, slice.metadata.name))
  }
  for (const state of states) {
    const pod = { ...toPodObject(state), status: toPodStatus(state) }
    tables.put('Pod', withUid(pod, podKey(state.workload)))
  }
  return tables.snapshot()
}

function withUid<T extends ReturnType<typeof toNamespaceObject>>(object: T, uid: string): T {
  return { ...object, metadata: { ...object.metadata, uid } }
}
