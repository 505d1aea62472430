/** Takes away what a plan says, the control plane first. */
import type { Clock, Ms } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { toObjectId } from '../../model/object-id.ts'
import { type Cluster, ClusterError } from '../../reconciler/cluster.ts'

const LOOK_AGAIN_MS: Ms = 500
/** Longer than a pod has to end. */
const PODS_LIMIT_MS: Ms = 60_000
const POD = { group: '', version: 'v1', kind: 'Pod' } as const

export interface UninstallPorts {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly onRemoved: (object: KubernetesObject) => void
  readonly progress: (line: string) => void
}

/**
 * Removes the very objects that were found, not their successors. Pods are waited for before their rights go, so that they
 * can release their Lease. Throws `ClusterError`.
 */
export async function runUninstall(
  remove: readonly KubernetesObject[],
  ports: UninstallPorts,
  signal: AbortSignal,
): Promise<void> {
  for (const object of remove) {
    signal.throwIfAborted()
    await removeObject(ports.cluster, object)
    ports.onRemoved(object)
    if (object.kind === 'Deployment') await waitForPods(object, ports, signal)
  }
}

async function removeObject(cluster: Cluster, object: KubernetesObject): Promise<void> {
  const { uid } = object.metadata
  try {
    await cluster.delete(toObjectId(object), uid === undefined ? {} : { uid })
  } catch (error) {
    // Somebody was quicker.
    if (!(error instanceof ClusterError && error.code === 'NotFound')) throw error
  }
}

async function waitForPods(
  deployment: KubernetesObject,
  { cluster, clock, progress }: UninstallPorts,
  signal: AbortSignal,
): Promise<void> {
  const { selector } = deployment['spec'] as {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
  }
  const { namespace = '' } = deployment.metadata
  const until = clock.monotonic() + PODS_LIMIT_MS
  let told = 0
  for (;;) {
    const pods = await cluster.list(POD, { namespace, labels: selector.matchLabels })
    signal.throwIfAborted()
    const left = pods.items.length
    if (left === 0) return
    if (clock.monotonic() >= until) {
      progress(`${left} pods have not ended after ${PODS_LIMIT_MS / 1000} s; going on`)
      return
    }
    if (left !== told) progress(`waiting for ${left} pods to end`)
    told = left
    await clock.sleep(LOOK_AGAIN_MS, signal)
  }
}
