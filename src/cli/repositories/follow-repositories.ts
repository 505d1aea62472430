/** Follows the MeshRepositories of the control namespace. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { Cluster } from '../../reconciler/cluster.ts'
import { reflect } from '../../reconciler/reflect.ts'
import { MESH_REPOSITORY } from '../../reconciler/repositories/mesh-repository-kind.ts'
import { CONTROL_NAMESPACE } from '../run/serving/control-plane-identity.ts'
import type { Shell } from '../run/shell.ts'

export interface FollowOptions {
  readonly cluster: Cluster
  readonly shell: Shell
  /** What the caller has seen already. */
  readonly known?: readonly KubernetesObject[]
  /** One as it is now: each that is there to begin with and is not known, and then whichever changed. */
  readonly onObject: (object: KubernetesObject) => void
  readonly onGone: (name: string) => void
}

/** Ends when the signal aborts. An API server that goes away is waited for; the log says so. */
export async function followRepositories(
  { cluster, shell, known: seen = [], onObject, onGone }: FollowOptions,
  signal: AbortSignal,
): Promise<void> {
  /** Resource versions by name: after a gap everything is listed again, and most of it has not changed. */
  const known = new Map(
    seen.map(({ metadata }) => [metadata.name, metadata.resourceVersion] as const),
  )
  const receive = (object: KubernetesObject): void => {
    const { name, resourceVersion } = object.metadata
    if (known.has(name) && known.get(name) === resourceVersion) return
    known.set(name, resourceVersion)
    onObject(object)
  }
  const lose = (name: string): void => {
    if (known.delete(name)) onGone(name)
  }
  await reflect(
    {
      ...shell,
      cluster,
      kind: MESH_REPOSITORY,
      list: { namespace: CONTROL_NAMESPACE },
      onList: (items) => {
        const names = new Set(items.map(({ metadata }) => metadata.name))
        for (const name of [...known.keys()]) if (!names.has(name)) lose(name)
        for (const object of items) receive(object)
      },
      onEvent: ({ type, object }) =>
        type === 'deleted' ? lose(object.metadata.name) : receive(object),
    },
    signal,
  )
}
