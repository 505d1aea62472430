/** Which pods stand behind a service, and at which ports: what the endpoint slice controller works out. */
import type { PodState } from './pod-state.ts'
import type { WorkloadService, WorkloadServicePort } from './workloads/workloads.ts'

export interface EndpointPort {
  readonly servicePort: WorkloadServicePort
  /** On the pod. */
  readonly port: number
}

/** Pods at the same ports. Pods may resolve a named port to different numbers; then a service has several groups. */
export interface EndpointGroup {
  readonly ports: readonly EndpointPort[]
  readonly pods: readonly PodState[]
}

/** Every pod the service selects, ready or not. A service without a selector has endpoints of somebody else's making. */
export function endpointGroups(
  service: WorkloadService,
  pods: readonly PodState[],
): readonly EndpointGroup[] {
  const selected = pods.filter((pod) => selects(service, pod))
  const groups = Map.groupBy(selected, (pod) => printPorts(resolvePorts(service, pod)))
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    return first ? [{ ports: resolvePorts(service, first), pods: group }] : []
  })
}

function selects(service: WorkloadService, { workload }: PodState): boolean {
  const wanted = Object.entries(service.selector)
  if (wanted.length === 0 || workload.namespace !== service.namespace) return false
  return wanted.every(([key, value]) => workload.labels[key] === value)
}

/** A port whose name no container has is left out, as Kubernetes does. */
function resolvePorts(service: WorkloadService, pod: PodState): readonly EndpointPort[] {
  return service.ports.flatMap((servicePort) => {
    const port = resolvePort(servicePort, pod)
    return port === undefined ? [] : [{ servicePort, port }]
  })
}

function resolvePort(servicePort: WorkloadServicePort, { workload }: PodState): number | undefined {
  const { targetPort, protocol } = servicePort
  if (typeof targetPort === 'number') return targetPort
  const named = workload.containers
    .flatMap((container) => container.ports)
    .find((port) => port.name === targetPort && port.protocol === protocol)
  return named?.port
}

function printPorts(ports: readonly EndpointPort[]): string {
  return ports.map(({ servicePort, port }) => `${servicePort.name}=${port}`).join()
}
