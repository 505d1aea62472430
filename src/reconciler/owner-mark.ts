/** How an object says which repository it is from: a label to list by, and an annotation that a copy of the object belies. */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { toObjectId, toObjectKey } from '../model/object-id.ts'

/** The field manager of everything that comes from a repository. */
export const FIELD_MANAGER = 'plumbline'
export const REPOSITORY_LABEL = 'plumbline.dev/repository'
/** Holds the object's own key: where it names another object, the mark was copied along and means nothing. */
const OBJECT_ANNOTATION = 'plumbline.dev/object'
/** `disabled` keeps an object in the cluster when its document leaves the repository. */
const PRUNE_ANNOTATION = 'plumbline.dev/prune'

/** Objects of a commit are immutable, so each is marked once for its repository, and its mark is hashed once. */
const marks = new WeakMap<KubernetesObject, Marked>()

/** Of the one repository that an object is from. */
interface Marked {
  readonly repository: string
  readonly object: KubernetesObject
}

/** The same object for the same object and repository, as long as nobody asks for another one. */
export function withOwnerMark(object: KubernetesObject, repository: string): KubernetesObject {
  const known = marks.get(object)
  if (known?.repository === repository) return known.object
  const marked = mark(object, repository)
  marks.set(object, { repository, object: marked })
  return marked
}

function mark(object: KubernetesObject, repository: string): KubernetesObject {
  const { labels, annotations } = object.metadata
  const key = toObjectKey(toObjectId(object))
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...labels, [REPOSITORY_LABEL]: repository },
      annotations: { ...annotations, [OBJECT_ANNOTATION]: key },
    },
  }
}

/** The repository whose mark the object carries rightly; `undefined` for an object that is nobody's. */
export function repositoryOf(object: KubernetesObject): string | undefined {
  const isOwn = object.metadata.annotations?.[OBJECT_ANNOTATION] === toObjectKey(toObjectId(object))
  return isOwn ? object.metadata.labels?.[REPOSITORY_LABEL] : undefined
}

/** Whether the object was made or changed by an apply of ours, and not put there by somebody who copied it. */
export function isAppliedByUs({ metadata }: KubernetesObject): boolean {
  return (metadata.managedFields ?? []).some(
    ({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply',
  )
}

export function isKeptFromPrune(object: KubernetesObject): boolean {
  return object.metadata.annotations?.[PRUNE_ANNOTATION] === 'disabled'
}
