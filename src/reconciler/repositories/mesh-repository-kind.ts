/** How a MeshRepository is named in the API, and the annotation by which somebody asks for a pass of it. */
import type { ObjectKind } from '../../model/object-id.ts'

export const MESH_REPOSITORY: ObjectKind = {
  group: 'plumbline.dev',
  version: 'v1alpha1',
  kind: 'MeshRepository',
}

/** Any new value asks for a pass; `status.lastHandledReconcileAt` repeats it once that pass has ended. */
export const RECONCILE_REQUESTED_AT = 'plumbline.dev/reconcile-requested-at'
