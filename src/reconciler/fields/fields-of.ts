/** The fields a value sets: its leaves, and the items of lists merged by key. */
import type { FieldSet } from './field-set.ts'
import { branchOf, type Place, placeBelow } from './field-tree.ts'

const LEAF: FieldSet = { owned: true, members: new Map() }

export function fieldsOf(value: unknown, place: Place): FieldSet {
  const branch = branchOf(value, place)
  if (branch === undefined || branch.members.size === 0) return LEAF
  const members = new Map<string, FieldSet>()
  for (const [element, member] of branch.members) {
    const below = fieldsOf(member, placeBelow(place, element))
    members.set(element, branch.type === 'map' ? below : { ...below, owned: true })
  }
  return { owned: false, members }
}
