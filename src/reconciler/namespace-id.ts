import type { ObjectId } from '../model/object-id.ts'

export function namespaceId(name: string): ObjectId {
  return { group: '', version: 'v1', kind: 'Namespace', namespace: '', name }
}
