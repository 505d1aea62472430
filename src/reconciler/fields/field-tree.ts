/** A value seen as its path elements: what is below a place, and how it is put together again. */
import { canonicalJson } from '../../model/canonical-json.ts'
import type { MergeRule, MergeRules } from './merge-rules.ts'

export type JsonMap = Readonly<Record<string, unknown>>

/** Where a value stands: the rules of its kind, and its path as the rules write it. */
export interface Place {
  readonly rules: MergeRules
  readonly path: string
}

export interface Branch {
  readonly type: 'map' | 'keyed' | 'set'
  readonly members: ReadonlyMap<string, unknown>
}

/** Two items of a list merged by key say the same key, or an item is not an object that says its key. */
export class UnmergeableList extends Error {
  constructor(path: string, found: string) {
    super(`${path}: ${found}`)
    this.name = 'UnmergeableList'
  }
}

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What is below; `undefined` where the value is one: a scalar, or a list or map that does not merge. */
export function branchOf(value: unknown, place: Place): Branch | undefined {
  const rule = place.rules.get(place.path)
  if (isMap(value)) return rule?.type === 'atomic' ? undefined : mapBranch(value)
  if (!Array.isArray(value) || rule === undefined || rule.type === 'atomic') return undefined
  return listBranch(value, rule, place.path)
}

function mapBranch(value: JsonMap): Branch {
  const members = Object.entries(value).map(([name, member]) => [`f:${name}`, member] as const)
  return { type: 'map', members: new Map(members) }
}

function listBranch(
  items: readonly unknown[],
  rule: Exclude<MergeRule, { type: 'atomic' }>,
  path: string,
): Branch {
  const members = new Map<string, unknown>()
  for (const item of items) {
    const element =
      rule.type === 'set' ? `v:${canonicalJson(item)}` : `k:${keyOf(item, rule, path)}`
    if (members.has(element)) throw new UnmergeableList(path, `${element.slice(2)} is there twice`)
    members.set(element, item)
  }
  return { type: rule.type, members }
}

function keyOf(item: unknown, rule: Extract<MergeRule, { type: 'keyed' }>, path: string): string {
  if (!isMap(item)) throw new UnmergeableList(path, 'every item must be an object')
  const parts = rule.keys.map((key) => [key, item[key] ?? rule.defaults[key]] as const)
  const absent = parts.find(([, part]) => part === undefined)
  if (absent !== undefined)
    throw new UnmergeableList(path, `an item has no ${absent[0]}, the key the list is merged by`)
  return canonicalJson(Object.fromEntries(parts))
}

export function placeBelow(place: Place, element: string): Place {
  const path = !element.startsWith('f:')
    ? `${place.path}[]`
    : place.path === ''
      ? element.slice(2)
      : `${place.path}.${element.slice(2)}`
  return { rules: place.rules, path }
}

export function toValue(branch: Branch): unknown {
  if (branch.type !== 'map') return [...branch.members.values()]
  return Object.fromEntries(
    [...branch.members].map(([element, member]) => [element.slice(2), member]),
  )
}
