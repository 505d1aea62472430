/** The objects that the lab keeps in the cluster in a kubelet's and a controller's stead: pure, from workloads and pod states. */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import type { PodState } from './pod-state.ts'
import { podKey } from './pod-state.ts'
import { endpointGroups } from './service-endpoints.ts'
import type { WorkloadAccount, WorkloadContainer, WorkloadService } from './workloads/workloads.ts'

/** Every object of the lab carries it, so that the next lab on the same cluster can clear up after this one. */
export const OWNER_LABEL = { 'plumbline.dev/managed-by': 'lab' } as const
const NODE = 'lab'

export function toNamespaceObject(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

export function toAccountObject({ namespace, name }: WorkloadAccount): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { namespace, name, labels: OWNER_LABEL },
  }
}

export function toServiceObject(service: WorkloadService, clusterIp: string): KubernetesObject {
  const { namespace, name, labels, annotations, selector, ports } = service
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name, labels: { ...labels, ...OWNER_LABEL }, annotations },
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterIp,
      clusterIPs: [clusterIp],
      selector,
      ports: ports.map(({ name: portName, appProtocol, ...port }) => ({
        ...port,
        ...(portName !== '' && { name: portName }),
        ...(appProtocol !== undefined && { appProtocol }),
      })),
    },
  }
}

export function toPodObject({ workload, proxyUid }: PodState): KubernetesObject {
  const { namespace, name, labels, annotations, serviceAccount, containers } = workload
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      name,
      labels: { ...labels, ...OWNER_LABEL, ...(proxyUid && { 'osm-proxy-uuid': proxyUid }) },
      annotations,
    },
    spec: {
      serviceAccountName: serviceAccount,
      nodeName: NODE,
      containers: containers.map(toContainerSpec),
    },
  }
}

function toContainerSpec({ name, image, argv, environment, ports }: WorkloadContainer): object {
  return {
    name,
    image,
    command: argv,
    env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
    ports: ports.map(({ name: portName, port, protocol }) => ({
      containerPort: port,
      protocol,
      ...(portName !== '' && { name: portName }),
    })),
  }
}

export function toPodStatus({ address, ready }: PodState): Readonly<Record<string, unknown>> {
  return {
    phase: 'Running',
    podIP: address,
    podIPs: [{ ip: address }],
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
  }
}

/** One slice for each group of pods at the same ports; `uids` has the cluster's uid of each pod by `podKey`. */
export function toEndpointSlices(
  service: WorkloadService,
  pods: readonly PodState[],
  uids: ReadonlyMap<string, string>,
): readonly KubernetesObject[] {
  const { namespace, name } = service
  return endpointGroups(service, pods).map((group, index) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name: `${name}-lab-${index}`,
      labels: {
        ...OWNER_LABEL,
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'plumbline-lab',
      },
    },
    addressType: 'IPv4',
    endpoints: group.pods.map((pod) => toEndpoint(pod, uids.get(podKey(pod.workload)))),
    ports: group.ports.map(({ servicePort, port }) => ({
      name: servicePort.name,
      port,
      protocol: servicePort.protocol,
      ...(servicePort.appProtocol !== undefined && { appProtocol: servicePort.appProtocol }),
    })),
  }))
}

function toEndpoint({ workload, address, ready }: PodState, uid: string | undefined): object {
  const { namespace, name } = workload
  return {
    addresses: [address],
    conditions: { ready, serving: ready, terminating: false },
    nodeName: NODE,
    targetRef: { kind: 'Pod', namespace, name, ...(uid !== undefined && { uid }) },
  }
}
