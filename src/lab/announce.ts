/** Tells the cluster what the lab runs: accounts, services, pods and the endpoints behind the services. */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { type ObjectKey, toObjectId, toObjectKey } from '../model/object-id.ts'
import type { ClusterMirror } from './cluster-mirror.ts'
import {
  toAccountObject,
  toEndpointSlices,
  toPodObject,
  toPodStatus,
  toServiceObject,
} from './cluster-objects.ts'
import type { ClusterIps } from './network-tables.ts'
import { type PodState, podKey } from './pod-state.ts'
import type { Workloads } from './workloads/workloads.ts'

export interface Announcement {
  readonly workloads: Workloads
  readonly clusterIps: ClusterIps
  readonly pods: readonly PodState[]
}

/** Returns the keys of the objects that belong in the cluster. Free for what did not change. Throws `ClusterError`. */
export async function announce(
  mirror: ClusterMirror,
  { workloads, clusterIps, pods }: Announcement,
): Promise<ReadonlySet<ObjectKey>> {
  const { accounts, services } = workloads
  const written: KubernetesObject[] = []
  const put = async (object: KubernetesObject, status?: Readonly<Record<string, unknown>>) => {
    const stored = await mirror.put(object, status)
    written.push(stored)
    return stored.metadata.uid ?? ''
  }
  await Promise.all(accounts.map((account) => put(toAccountObject(account))))
  await Promise.all(
    services.map((service) =>
      put(toServiceObject(service, clusterIps.get(podKey(service)) ?? 'None')),
    ),
  )
  const uids = await Promise.all(
    pods.map(async (pod) => {
      const uid = await put(toPodObject(pod), toPodStatus(pod))
      return [podKey(pod.workload), uid] as const
    }),
  )
  const slices = services.flatMap((service) => toEndpointSlices(service, pods, new Map(uids)))
  await Promise.all(slices.map((slice) => put(slice)))
  return new Set(written.map((object) => toObjectKey(toObjectId(object))))
}
