/** What pods are told about services: the names they resolve and the routes of ClusterIPs, from the pods that are ready. */
import type { HostsService } from './hosts-file.ts'
import { type PodState, podKey } from './pod-state.ts'
import { endpointGroups } from './service-endpoints.ts'
import type { ServiceRoute } from './service-rules.ts'
import type { WorkloadService } from './workloads/workloads.ts'

/** ClusterIP by service `namespace/name`; headless services have none. */
export type ClusterIps = ReadonlyMap<string, string>

export function toHostsServices(
  services: readonly WorkloadService[],
  clusterIps: ClusterIps,
  pods: readonly PodState[],
): readonly HostsService[] {
  return services.map((service) => {
    const clusterIp = clusterIps.get(podKey(service))
    const addresses = clusterIp === undefined ? readyAddresses(service, pods) : [clusterIp]
    return { namespace: service.namespace, name: service.name, addresses }
  })
}

function readyAddresses(service: WorkloadService, pods: readonly PodState[]): readonly string[] {
  return endpointGroups(service, pods)
    .flatMap((group) => group.pods)
    .filter((pod) => pod.ready)
    .map((pod) => pod.address)
}

export function toServiceRoutes(
  services: readonly WorkloadService[],
  clusterIps: ClusterIps,
  pods: readonly PodState[],
): readonly ServiceRoute[] {
  return services.flatMap((service) => {
    const clusterIp = clusterIps.get(podKey(service))
    if (clusterIp === undefined) return []
    const groups = endpointGroups(
      service,
      pods.filter((pod) => pod.ready),
    )
    return service.ports.map(({ name, port, protocol }) => ({
      ...{ clusterIp, port, protocol },
      endpoints: groups.flatMap((group) => {
        const target = group.ports.find(({ servicePort }) => servicePort.name === name)
        if (target === undefined) return []
        return group.pods.map(({ address }) => ({ address, port: target.port }))
      }),
    }))
  })
}
