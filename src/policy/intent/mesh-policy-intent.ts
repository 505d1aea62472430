/** A MeshPolicy: how closed one namespace is, whatever the MeshConfig says for the mesh. */
import type { ObjectId } from '../../model/object-id.ts'
import type { SourceLocation } from '../../model/source-location.ts'

export interface MeshPolicyIntent {
  readonly id: ObjectId
  readonly location: SourceLocation
  /** Governs calls *to* the services of the namespace; `inherit` follows the MeshConfig. */
  readonly access: 'inherit' | 'strict' | 'permissive'
  /** Governs calls from its pods to destinations outside the mesh. */
  readonly egress: 'inherit' | 'strict' | 'passthrough'
}
