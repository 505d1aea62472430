/** Makes an object in the cluster what its document says: our fields by server-side apply, others' additions taken out. */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import type { Cluster } from './cluster.ts'
import { withoutForeignFields } from './foreign-fields.ts'
import { FIELD_MANAGER } from './owner-mark.ts'
import type { WritePreconditions } from './preconditions-of.ts'

/**
 * Answers with the object as stored. Writes nothing when it is so already. Throws `ClusterError` `Conflict` when the
 * preconditions do not hold, so that what was judged against one version is never written over another.
 */
export async function writeObject(
  cluster: Cluster,
  object: KubernetesObject,
  preconditions: WritePreconditions,
): Promise<KubernetesObject> {
  const judged = { ...object, metadata: { ...object.metadata, ...preconditions } }
  const applied = await cluster.apply(judged, {
    fieldManager: FIELD_MANAGER,
    force: true,
    dryRun: false,
  })
  const bare = withoutForeignFields(applied, object)
  // The answer's own version goes along: nobody's write in between is lost.
  return bare === applied ? applied : await cluster.update(bare, { fieldManager: FIELD_MANAGER })
}
