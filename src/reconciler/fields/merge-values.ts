/** Lays an applied value over the live one: maps member by member, lists as their rule says, anything else replaced. */
import { type Branch, branchOf, type Place, placeBelow, toValue } from './field-tree.ts'

export function mergeValues(live: unknown, applied: unknown, place: Place): unknown {
  const below = branchOf(applied, place)
  const liveBelow = branchOf(live, place)
  if (below === undefined || liveBelow?.type !== below.type) return applied
  const members = new Map<string, unknown>()
  for (const element of orderOf(liveBelow, below)) {
    const merged = below.members.has(element)
      ? mergeMember(liveBelow, below, element, place)
      : liveBelow.members.get(element)
    members.set(element, merged)
  }
  return toValue({ type: below.type, members })
}

function mergeMember(live: Branch, applied: Branch, element: string, place: Place): unknown {
  const value = applied.members.get(element)
  if (!live.members.has(element)) return value
  return mergeValues(live.members.get(element), value, placeBelow(place, element))
}

/**
 * The live order, with the applied items that are there already in the order they are applied in, and new items last:
 * two appliers of one list each get the order they ask for, and applying again moves nothing.
 */
function orderOf(live: Branch, applied: Branch): readonly string[] {
  const [common, added] = [[] as string[], [] as string[]]
  for (const element of applied.members.keys())
    (live.members.has(element) ? common : added).push(element)
  let next = 0
  const slots = [...live.members.keys()].map((element) =>
    applied.members.has(element) ? (common[next++] ?? element) : element,
  )
  return [...slots, ...added]
}
