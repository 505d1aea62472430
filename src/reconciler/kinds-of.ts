/** Which kinds a commit's objects are of: what has to be followed to apply it. */
import type { ObjectKind } from '../model/object-id.ts'
import type { DesiredObject } from '../render/kubernetes/desired-object.ts'

const NAMESPACE: ObjectKind = { group: '', version: 'v1', kind: 'Namespace' }

/** Each once; namespaces always, since objects are in them. */
export function kindsOf(desired: readonly Pick<DesiredObject, 'id'>[]): readonly ObjectKind[] {
  const kinds: ObjectKind[] = [NAMESPACE]
  // There are few kinds, and many objects of each, mostly in a row.
  let last: ObjectKind = NAMESPACE
  for (const { id } of desired) {
    if (isSameKind(id, last)) continue
    last = id
    if (!kinds.some((kind) => isSameKind(kind, id))) kinds.push(id)
  }
  return kinds
}

function isSameKind(a: ObjectKind, b: ObjectKind): boolean {
  return a.kind === b.kind && a.group === b.group && a.version === b.version
}
