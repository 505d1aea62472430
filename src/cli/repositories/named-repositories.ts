import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { Cluster } from '../../reconciler/cluster.ts'
import { UsageError } from '../exit-code.ts'
import { findRepositories } from './find-repositories.ts'

/** Those that are named, or all. Throws `UsageError` when it is neither, or both: to mean all of them by accident is too easy. */
export async function namedRepositories(
  cluster: Cluster,
  names: readonly string[],
  isAll: boolean,
): Promise<readonly KubernetesObject[]> {
  if (isAll && names.length > 0)
    throw new UsageError(`${names.join(', ')} was named, and --all as well; leave one of them out`)
  if (!isAll && names.length === 0)
    throw new UsageError('name one MeshRepository or more, or say --all; plumb get lists them')
  return await findRepositories(cluster, [...new Set(names)])
}
