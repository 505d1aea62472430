/** Objects as they were last seen; may lag behind, which costs a question and never an answer. */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import type { ObjectId, ObjectKey, ObjectKind } from '../model/object-id.ts'

export interface LiveView {
  get(id: ObjectId): KubernetesObject | undefined
  /** Whether every object of the kind is known, so that one which is not in the view was not there a moment ago. */
  knows(kind: ObjectKind): boolean
  /** Every object that rightly carries the repository's mark, of the kinds that are known. */
  ofRepository(repository: string): ReadonlyMap<ObjectKey, KubernetesObject>
}
