/** What differs between two values, field by field. */
import { isDeepStrictEqual } from 'node:util'
import { type FieldSet, isEmptySet, NO_FIELDS } from './field-set.ts'
import { branchOf, type Place, placeBelow } from './field-tree.ts'
import { fieldsOf } from './fields-of.ts'

export interface Comparison {
  /** Fields that are new or have another value. */
  readonly changed: FieldSet
  readonly removed: FieldSet
}

const SAME: Comparison = { changed: NO_FIELDS, removed: NO_FIELDS }

export function compareValues(before: unknown, after: unknown, place: Place): Comparison {
  if (before === undefined && after === undefined) return SAME
  if (before === undefined) return { changed: fieldsOf(after, place), removed: NO_FIELDS }
  if (after === undefined) return { changed: NO_FIELDS, removed: fieldsOf(before, place) }
  const [old, now] = [branchOf(before, place), branchOf(after, place)]
  if (old === undefined && now === undefined)
    return isDeepStrictEqual(before, after) ? SAME : { ...SAME, changed: fieldsOf(after, place) }
  if (old === undefined || now === undefined || old.type !== now.type)
    return { changed: fieldsOf(after, place), removed: fieldsOf(before, place) }
  return compareMembers(old.members, now.members, place)
}

function compareMembers(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
  place: Place,
): Comparison {
  const [changed, removed] = [new Map<string, FieldSet>(), new Map<string, FieldSet>()]
  for (const element of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(element), after.get(element)]
    const below = compareValues(old, now, placeBelow(place, element))
    // An item of a list that comes or goes is itself a field, beside the fields in it.
    const isItem = !element.startsWith('f:')
    collect(changed, element, below.changed, isItem && !before.has(element))
    collect(removed, element, below.removed, isItem && !after.has(element))
  }
  return {
    changed: { owned: false, members: changed },
    removed: { owned: false, members: removed },
  }
}

function collect(
  into: Map<string, FieldSet>,
  element: string,
  below: FieldSet,
  itself: boolean,
): void {
  const set = itself ? { ...below, owned: true } : below
  if (!isEmptySet(set)) into.set(element, set)
}
