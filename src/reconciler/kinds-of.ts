/** Which kinds a commit's objects are of: what has to be followed to apply it. */
import type { ObjectKind } from '../model/object-id.ts'
import type { DesiredObject } from '../render/kubernetes/desired-object.ts'

const NAMESPACE: ObjectKind = { group: '', version: 'v1', kind: 'Namespace' }

/** Each once; namespaces always, since objects are in them. */
export function kindsOf(desired: readonly Pick<DesiredObject, 'id'>[]): readonly ObjectKind[] {
  const kinds = new Map<string, ObjectKind>([[`/v1/${NAMESPACE.kind}`, NAMESPACE]])
  for (const { id } of desired) kinds.set(`${id.group}/${id.version}/${id.kind}`, id)
  return [...kinds.values()]
}
