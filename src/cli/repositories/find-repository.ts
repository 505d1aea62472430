import type { Cluster } from '../../reconciler/cluster.ts'
import { findRepositories } from './find-repositories.ts'
import { type RepositoryView, toRepositoryView } from './repository-view.ts'

/** One of the control namespace. Throws `UsageError` when it is not there, `ClusterError`. */
export async function findRepository(cluster: Cluster, name: string): Promise<RepositoryView> {
  const [object] = await findRepositories(cluster, [name])
  if (object === undefined) throw new Error(`${name} was found and is not there`)
  return toRepositoryView(object)
}
