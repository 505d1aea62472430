/**
 * Changes a MeshRepository as `kubectl edit` does: read, changed, and written on the condition that nobody wrote in between.
 * A server-side apply would be refused where another manager (Helm, a GitOps controller) has applied the field, and would have to
 * be repeated whole to keep what it said before; an update leaves everything but the one field as it is, and whose.
 */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type Cluster, ClusterError } from '../../reconciler/cluster.ts'
import { findRepositories } from './find-repositories.ts'

/** Who the API server says made the change. */
const FIELD_MANAGER = 'plumb'
/** The control plane writes the status only, which is a write like any other: more than a few in a row is a fight. */
const TRIES = 10

/** Answers with the object as stored. Throws `ClusterError`, and `UsageError` when there is none of that name. */
export async function editRepository(
  cluster: Cluster,
  name: string,
  edit: (object: KubernetesObject) => KubernetesObject,
): Promise<KubernetesObject> {
  for (let tries = 1; ; tries++) {
    const [object] = await findRepositories(cluster, [name])
    if (object === undefined) throw new Error(`${name} was found and is not there`)
    try {
      return await cluster.update(edit(object), { fieldManager: FIELD_MANAGER })
    } catch (error) {
      const isOvertaken = error instanceof ClusterError && error.code === 'Conflict'
      if (!isOvertaken || tries === TRIES) throw error
    }
  }
}
