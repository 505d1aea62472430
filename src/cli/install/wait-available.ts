/** Waits until the Deployment runs as it was asked to, and says how far it is. */
import type { Clock, Ms } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { toObjectId } from '../../model/object-id.ts'
import type { Cluster } from '../../reconciler/cluster.ts'
import { MESH_REPOSITORY } from '../../reconciler/repositories/mesh-repository-kind.ts'
import { toRepositoryView } from '../repositories/repository-view.ts'
import { podTroubles, type Rollout, toRollout } from './rollout.ts'

const LOOK_AGAIN_MS: Ms = 1_000
const POD = { group: '', version: 'v1', kind: 'Pod' } as const

export interface WaitOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly limitMs: Ms
  /** A line whenever something has changed. */
  readonly progress: (line: string) => void
}

/** Resolves to how it stands when it is complete, has failed, or the limit is over. Throws `ClusterError`. */
export async function waitAvailable(
  deployment: KubernetesObject,
  { cluster, clock, limitMs, progress }: WaitOptions,
  signal: AbortSignal,
): Promise<Rollout> {
  const until = clock.monotonic() + limitMs
  let told = ''
  for (;;) {
    const state = await look(deployment, cluster)
    signal.throwIfAborted()
    if (state.rollout.type !== 'waiting') return state.rollout
    const lines = [state.rollout.message, ...state.troubles].join('\n')
    if (lines !== told) progress(lines)
    told = lines
    if (clock.monotonic() >= until)
      return { type: 'failed', message: [state.rollout.message, ...state.troubles].join('; ') }
    await clock.sleep(LOOK_AGAIN_MS, signal)
  }
}

async function look(deployment: KubernetesObject, cluster: Cluster) {
  const live = await cluster.get(toObjectId(deployment))
  if (live === undefined) {
    const message = 'the Deployment has been deleted meanwhile'
    return { rollout: { type: 'failed', message } as Rollout, troubles: [] }
  }
  const { selector } = live['spec'] as {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
  }
  const { namespace = '' } = live.metadata
  const [pods, repositories] = await Promise.all([
    cluster.list(POD, { namespace, labels: selector.matchLabels }),
    cluster.list(MESH_REPOSITORY, { namespace }),
  ])
  const troubles = [...podTroubles(pods.items), ...repositoryTroubles(repositories.items)]
  return { rollout: toRollout(live), troubles }
}

/** No replica is ready before there is a commit to serve, so a first one that cannot be read or is wrong holds up all of them. */
function repositoryTroubles(repositories: readonly KubernetesObject[]): readonly string[] {
  return repositories
    .map(toRepositoryView)
    .filter(({ ready }) => ready.status === 'False')
    .map(({ name, reason, ready }) => `MeshRepository ${name}: ${reason}: ${ready.message}`)
}
