/** Builders of workloads and pod states with defaults. */
import type { PodState } from '../../src/lab/pod-state.ts'
import type {
  WorkloadContainer,
  WorkloadPod,
  WorkloadService,
} from '../../src/lab/workloads/workloads.ts'

export function aContainer(container: Partial<WorkloadContainer> = {}): WorkloadContainer {
  return {
    name: 'main',
    image: 'shop:1',
    argv: ['node', 'shop.mjs'],
    environment: {},
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    directory: '.',
    ...container,
  }
}

export function aWorkloadPod(name: string, pod: Partial<WorkloadPod> = {}): WorkloadPod {
  return {
    namespace: 'shop',
    name,
    deployment: name,
    serviceAccount: 'shop',
    labels: { app: 'shop' },
    annotations: {},
    containers: [aContainer()],
    ...pod,
  }
}

export function aPodState(
  name: string,
  {
    workload,
    ...state
  }: Partial<Omit<PodState, 'workload'>> & { workload?: Partial<WorkloadPod> } = {},
): PodState {
  return { workload: aWorkloadPod(name, workload), address: '198.18.0.2', ready: true, ...state }
}

export function aWorkloadService(
  name: string,
  service: Partial<WorkloadService> = {},
): WorkloadService {
  return {
    namespace: 'shop',
    name,
    labels: {},
    annotations: {},
    selector: { app: 'shop' },
    headless: false,
    ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    ...service,
  }
}
