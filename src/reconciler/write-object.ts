/** Makes an object in the cluster what its document says: our fields by server-side apply, others' additions taken out. */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import type { Cluster } from './cluster.ts'
import { withoutForeignFields } from './foreign-fields.ts'
import { FIELD_MANAGER } from './owner-mark.ts'

/** Answers with the object as stored. Writes nothing when it is so already. */
export async function writeObject(
  cluster: Cluster,
  object: KubernetesObject,
): Promise<KubernetesObject> {
  const applied = await cluster.apply(object, {
    fieldManager: FIELD_MANAGER,
    force: true,
    dryRun: false,
  })
  const bare = withoutForeignFields(applied, object)
  return bare === applied ? applied : await cluster.update(bare, { fieldManager: FIELD_MANAGER })
}
