import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { ObjectId } from '../../model/object-id.ts'
import type { SourceLocation } from '../../model/source-location.ts'

/** An object as the commit wants it: exactly the fields that are ours to set, and where they were written. */
export interface DesiredObject {
  readonly id: ObjectId
  readonly object: KubernetesObject
  readonly location: SourceLocation
}
