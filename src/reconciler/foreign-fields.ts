/**
 * What others have put into an object of ours. Server-side apply takes back fields of ours that somebody changed, but leaves
 * fields that somebody added: in the body of an object that a document declares whole, those are drift too.
 */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { toObjectKind } from '../model/object-id.ts'
import {
  differenceOf,
  type FieldSet,
  intersectionOf,
  isEmptySet,
  NO_FIELDS,
  printFields,
  unionOf,
} from './fields/field-set.ts'
import type { JsonMap, Place } from './fields/field-tree.ts'
import { fieldsOf } from './fields/fields-of.ts'
import { mergeRulesOf } from './fields/merge-rules.ts'
import { ownedPart, withOwnedPart } from './fields/object-parts.ts'
import { type Claim, isSameOwner, readClaims } from './fields/ownership.ts'
import { removeFields } from './fields/remove-fields.ts'
import { applyFields, type FieldConflict } from './fields/server-side-apply.ts'
import { leftToOthers } from './left-to-others.ts'
import { FIELD_MANAGER } from './owner-mark.ts'

/** The object without the fields that others added to its body; the same object when there are none. */
export function withoutForeignFields(
  live: KubernetesObject,
  desired: KubernetesObject,
): KubernetesObject {
  const foreign = foreignFields(live, desired)
  if (isEmptySet(foreign)) return live
  const left = removeFields(ownedPart(live), foreign, NO_FIELDS, placeOf(live))
  return withOwnedPart(live, (left ?? {}) as JsonMap)
}

/** Whose fields an apply of ours takes or takes away, owner by owner. */
export function fieldsTaken(
  live: KubernetesObject,
  desired: KubernetesObject,
): readonly FieldConflict[] {
  const outcome = applyFields({
    live,
    applied: desired,
    manager: FIELD_MANAGER,
    force: false,
    time: '',
  })
  const changed = outcome.ok ? [] : outcome.error
  const foreign = foreignFields(live, desired)
  const added = foreignClaims(live).flatMap(({ owner, fields }) => {
    const theirs = intersectionOf(fields, foreign)
    return isEmptySet(theirs) ? [] : [{ owner, fields: printFields(theirs) }]
  })
  return [...changed, ...added].reduce(joinByOwner, [])
}

function joinByOwner(all: readonly FieldConflict[], next: FieldConflict): readonly FieldConflict[] {
  const held = all.find(({ owner }) => isSameOwner(owner, next.owner))
  if (held === undefined) return [...all, next]
  const joined = { owner: held.owner, fields: [...held.fields, ...next.fields] }
  return all.map((conflict) => (conflict === held ? joined : conflict))
}

/**
 * Fields of the body (not metadata, not status) that another manager put there and the document does not have.
 * Defaults that the API server fills in belong to nobody and stay. A namespace's body is not ours.
 */
function foreignFields(live: KubernetesObject, desired: KubernetesObject): FieldSet {
  if (live.kind === 'Namespace') return NO_FIELDS
  const theirs = foreignClaims(live).reduce((all, { fields }) => unionOf(all, fields), NO_FIELDS)
  const body = new Map(
    [...theirs.members].filter(([element]) => element !== 'f:metadata' && element !== 'f:status'),
  )
  const ours = unionOf(fieldsOf(ownedPart(desired), placeOf(desired)), leftToOthers(desired))
  return differenceOf({ owned: false, members: body }, ours)
}

function foreignClaims(live: KubernetesObject): readonly Claim[] {
  return readClaims(live).filter(
    ({ owner }) => owner.manager !== FIELD_MANAGER && owner.subresource === undefined,
  )
}

function placeOf(object: KubernetesObject): Place {
  return { rules: mergeRulesOf(toObjectKind(object)), path: '' }
}
