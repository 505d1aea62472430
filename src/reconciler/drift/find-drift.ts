/** Whether an object is what its document says, judged from what the cluster last told of it. Pure. */
import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject, ManagedFieldsEntry } from '../../model/kubernetes-object.ts'
import { toObjectKind } from '../../model/object-id.ts'
import { compareValues } from '../fields/compare-values.ts'
import { printFields, unionOf } from '../fields/field-set.ts'
import { mergeRulesOf } from '../fields/merge-rules.ts'
import { ownedPart } from '../fields/object-parts.ts'
import { applyFields } from '../fields/server-side-apply.ts'
import { fieldsTaken, withoutForeignFields } from '../foreign-fields.ts'
import { FIELD_MANAGER } from '../owner-mark.ts'

export interface Drift {
  readonly managers: readonly string[]
  /** As `.spec.backends`; empty for an object that is gone. */
  readonly fields: readonly string[]
  /** When the managers wrote last, as the cluster has it (RFC 3339). */
  readonly editedAt?: string
}

/** `undefined` for an object that is as it should be. `marked` is the object as it would be applied. */
export function findDrift(
  live: KubernetesObject | undefined,
  marked: KubernetesObject,
): Drift | undefined {
  if (live === undefined) return { managers: [], fields: [] }
  const restored = restore(live, marked)
  if (isDeepStrictEqual(ownedPart(live), ownedPart(restored))) return undefined
  const place = { rules: mergeRulesOf(toObjectKind(live)), path: '' }
  const { changed, removed } = compareValues(ownedPart(live), ownedPart(restored), place)
  const taken = fieldsTaken(live, marked).map(({ owner }) => owner.manager)
  const managers = [...new Set(taken.length > 0 ? taken : latestOther(live))]
  const editedAt = lastWriteOf(live, managers)
  const fields = printFields(unionOf(changed, removed))
  return { managers, fields, ...(editedAt !== undefined && { editedAt }) }
}

function restore(live: KubernetesObject, marked: KubernetesObject): KubernetesObject {
  const outcome = applyFields({
    live,
    applied: marked,
    manager: FIELD_MANAGER,
    force: true,
    time: '',
  })
  return withoutForeignFields(outcome.ok ? outcome.value : live, marked)
}

/** A field that was taken away has no owner any more: the last of the others to write is the likely one. */
function latestOther(live: KubernetesObject): readonly string[] {
  const [latest] = newestFirst(live).filter(({ manager }) => manager !== FIELD_MANAGER)
  return latest === undefined ? [] : [latest.manager]
}

function lastWriteOf(live: KubernetesObject, managers: readonly string[]): string | undefined {
  return newestFirst(live).find(({ manager }) => managers.includes(manager))?.time
}

function newestFirst({ metadata }: KubernetesObject): readonly ManagedFieldsEntry[] {
  return (metadata.managedFields ?? [])
    .filter(({ subresource }) => subresource === undefined)
    .toSorted((a, b) => Date.parse(b.time ?? '') - Date.parse(a.time ?? ''))
}
