/** What would change in an object, field by field, for people. Contents of Secrets never appear. */
import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { DocumentPath } from '../../policy/document.ts'
import { printPath } from '../../policy/print-path.ts'
import { isMap } from '../fields/field-tree.ts'
import { ownedPart, without } from '../fields/object-parts.ts'

export interface FieldChange {
  /** As `spec.backends[1].weight`. */
  readonly path: string
  /** Absent for a field that is new. */
  readonly before?: unknown
  /** Absent for a field that goes. */
  readonly after?: unknown
}

const REDACTED = '(redacted)'

/** From one state of an object to the next: everything but status and what the cluster itself sets. */
export function fieldChanges(
  before: KubernetesObject,
  after: KubernetesObject,
): readonly FieldChange[] {
  const changes = changesBelow(
    ownedPart(without(before, 'status')),
    ownedPart(without(after, 'status')),
    [],
  )
  return before.kind === 'Secret' ? changes.map(redact) : changes
}

function changesBelow(before: unknown, after: unknown, path: DocumentPath): readonly FieldChange[] {
  if (isDeepStrictEqual(before, after)) return []
  if (isMap(before) && isMap(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...names].flatMap((name) => changesBelow(before[name], after[name], [...path, name]))
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((item, index) => changesBelow(item, after[index], [...path, index]))
  return [
    {
      path: printPath(path),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ]
}

function redact(change: FieldChange): FieldChange {
  return {
    path: change.path,
    ...('before' in change ? { before: REDACTED } : {}),
    ...('after' in change ? { after: REDACTED } : {}),
  }
}
