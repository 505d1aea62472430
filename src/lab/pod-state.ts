/** What the lab knows of a pod at one moment; everything it tells the cluster and the network is made from these. */
import type { WorkloadPod } from './workloads/workloads.ts'

export interface PodState {
  readonly workload: WorkloadPod
  readonly address: string
  /** The value of the label `osm-proxy-uuid`; absent for a pod without a sidecar. */
  readonly proxyUid?: string
  readonly ready: boolean
}

/** `namespace/name`, as people and flags name a pod. */
export function podKey(pod: { readonly namespace: string; readonly name: string }): string {
  return `${pod.namespace}/${pod.name}`
}
