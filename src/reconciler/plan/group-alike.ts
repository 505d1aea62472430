/** Sorts new objects into groups of which the cluster's word on one is its word on all, as far as can be told. Pure. */
import { isMap } from '../fields/field-tree.ts'
import type { Wanted } from './observation.ts'

export interface Alike {
  readonly representative: Wanted
  readonly others: readonly Wanted[]
}

/**
 * Alike are objects of one kind in one namespace that have the same fields: rights, quotas, definitions and most admission
 * decide by these. In the order of the input, and so is each group.
 */
export function groupAlike(all: readonly Wanted[]): readonly Alike[] {
  const groups = new Map<string, { readonly representative: Wanted; readonly others: Wanted[] }>()
  for (const wanted of all) {
    const { id, marked } = wanted
    const { metadata: _metadata, ...body } = marked
    const key = `${id.group}/${id.version}/${id.kind}/${id.namespace} ${shapeOf(body)}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { representative: wanted, others: [] })
    else group.others.push(wanted)
  }
  return [...groups.values()]
}

/** Which fields there are, whatever is in them and however often in a list. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].sort().join()}]`
  if (!isMap(value)) return ''
  const members = Object.keys(value).sort()
  return `{${members.map((name) => JSON.stringify(name) + shapeOf(value[name])).join()}}`
}
