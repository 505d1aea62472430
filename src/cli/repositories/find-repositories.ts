/** Reads the MeshRepositories of the control namespace; others are not obeyed, so commands do not show them. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { nearestName } from '../../model/nearest-name.ts'
import { type Cluster, ClusterError } from '../../reconciler/cluster.ts'
import { MESH_REPOSITORY } from '../../reconciler/repositories/mesh-repository-kind.ts'
import { UsageError } from '../exit-code.ts'
import { CONTROL_NAMESPACE } from '../run/serving/control-plane-identity.ts'

/** By name: all, or those that are named. Throws `UsageError` for a name that is not there, `ClusterError`. */
export async function findRepositories(
  cluster: Cluster,
  names: readonly string[] = [],
): Promise<readonly KubernetesObject[]> {
  const all = new Map((await list(cluster)).map((object) => [object.metadata.name, object]))
  const known = [...all.keys()].sort()
  return (names.length === 0 ? known : names).map((name) => {
    const object = all.get(name)
    if (object === undefined) throw new UsageError(notThere(name, known))
    return object
  })
}

async function list(cluster: Cluster): Promise<readonly KubernetesObject[]> {
  try {
    return (await cluster.list(MESH_REPOSITORY, { namespace: CONTROL_NAMESPACE })).items
  } catch (error) {
    if (!(error instanceof ClusterError && error.code === 'KindNotServed')) throw error
    throw new UsageError(
      'the cluster does not know the kind MeshRepository, so no Plumbline is installed in it; install it with plumb install',
      { cause: error },
    )
  }
}

function notThere(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known)
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  const others = known.length === 0 ? 'there is none' : `there is ${known.join(', ')}`
  return `there is no MeshRepository ${JSON.stringify(name)} in ${CONTROL_NAMESPACE}${hint || `; ${others}`}`
}
