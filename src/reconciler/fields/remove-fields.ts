/** Takes fields out of a value; what is left empty by it goes too, unless `kept` names it or something below it. */
import { type FieldSet, isEmptySet, NO_FIELDS } from './field-set.ts'
import { branchOf, type Place, placeBelow, toValue } from './field-tree.ts'

/** `undefined` when nothing is left. */
export function removeFields(
  value: unknown,
  removed: FieldSet,
  kept: FieldSet,
  place: Place,
): unknown {
  if (removed.owned && isEmptySet(kept)) return undefined
  const branch = branchOf(value, place)
  if (branch === undefined || branch.members.size === 0) return value
  const members = new Map<string, unknown>()
  for (const [element, member] of branch.members) {
    const gone = removed.members.get(element)
    const left =
      gone === undefined
        ? member
        : removeFields(
            member,
            gone,
            kept.members.get(element) ?? NO_FIELDS,
            placeBelow(place, element),
          )
    if (left !== undefined) members.set(element, left)
  }
  const isEmptied = members.size === 0 && !kept.owned
  return isEmptied ? undefined : toValue({ type: branch.type, members })
}
