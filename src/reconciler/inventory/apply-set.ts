/**
 * A repository's objects as an ApplySet (KEP-3659), so that `kubectl get -l` shows the set and no other tool prunes in it. The
 * parent is the head of the inventory. Namespaces are left out: kubectl deletes whatever is in a set and no longer wanted,
 * and a namespace that we only enroll must never go with what is in it.
 */
import { createHash } from 'node:crypto'
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { KubernetesObject, ObjectMeta } from '../../model/kubernetes-object.ts'
import type { ObjectId } from '../../model/object-id.ts'

const ID_LABEL = 'applyset.kubernetes.io/id'
const PART_OF_LABEL = 'applyset.kubernetes.io/part-of'
const TOOLING = 'applyset.kubernetes.io/tooling'
const KINDS = 'applyset.kubernetes.io/contains-group-kinds'
const NAMESPACES = 'applyset.kubernetes.io/additional-namespaces'

/** Whose set it is: kubectl and others leave the sets of another tool alone. The version is that of this form of the set. */
const OUR_TOOLING = 'plumbline/v1'
/** Of the 256 KiB that all annotations of an object may have together. */
const MAX_ANNOTATION_BYTES = 128 * 1024

export interface ApplySet {
  /** What the members' label says. */
  readonly id: string
  /** The ConfigMap that stands for the set. */
  readonly parent: ObjectId
}

export function toApplySet(parent: ObjectId): ApplySet {
  const { name, namespace, kind, group } = parent
  const digest = createHash('sha256').update(`${name}.${namespace}.${kind}.${group}`)
  return { id: `applyset-${digest.digest('base64url')}-v1`, parent }
}

/** The same object for what is no member. */
export function asMember(object: KubernetesObject, { id }: ApplySet): KubernetesObject {
  if (object.kind === 'Namespace' && object.apiVersion === 'v1') return object
  const labels = { ...object.metadata.labels, [PART_OF_LABEL]: id }
  return { ...object, metadata: { ...object.metadata, labels } }
}

/** What the parent says of a set with these members: every kind and namespace in which one is, or may be. */
export function parentMetadata(
  { id, parent }: ApplySet,
  members: Iterable<ObjectId>,
): Required<Pick<ObjectMeta, 'labels' | 'annotations'>> {
  const [kinds, namespaces] = [new Set<string>(), new Set<string>()]
  let last: Pick<ObjectId, 'group' | 'kind'> | undefined
  for (const member of members) {
    const { group, kind, namespace } = member
    if (kind === 'Namespace' && group === '') continue
    // Mostly many of one kind in a row.
    if (kind !== last?.kind || group !== last.group) kinds.add(`${kind}.${group}`)
    last = member
    if (namespace !== '' && namespace !== parent.namespace) namespaces.add(namespace)
  }
  const annotations = {
    [TOOLING]: OUR_TOOLING,
    [KINDS]: print(kinds),
    // A hint for tools that look for members: too many to name are not named, and the label still finds them.
    [NAMESPACES]: print(namespaces).length > MAX_ANNOTATION_BYTES ? '' : print(namespaces),
  }
  return { labels: { [ID_LABEL]: id }, annotations }
}

function print(names: ReadonlySet<string>): string {
  return [...names].sort(byCodeUnit).join(',')
}
