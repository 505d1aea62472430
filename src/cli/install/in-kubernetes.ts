/** What the commands about an installation do around their work: it is always in Kubernetes, never in an embedded cluster. */
import type { ClusterFlags } from '../cluster-flags.ts'
import { UsageError } from '../exit-code.ts'
import { type CommandPlace, inCommandCluster } from '../repositories/in-command-cluster.ts'

export type KubernetesFlags = Pick<ClusterFlags, 'kubeconfig' | 'context'>

/** Resolves with what the work answers. Throws `ClusterError`, and `UsageError` at Ctrl-C. */
export async function inKubernetes<T>(
  { kubeconfig, context }: KubernetesFlags,
  work: (place: CommandPlace) => Promise<T>,
): Promise<T> {
  const flags = {
    cluster: 'kubernetes',
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  } as const
  return await inCommandCluster(flags, async (place) => {
    try {
      return await work(place)
    } catch (error) {
      if (!place.signal.aborted) throw error
      throw new UsageError('interrupted; run it again to go on where it stopped', { cause: error })
    }
  })
}
