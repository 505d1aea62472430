/**
 * Whether two plain values are equal all the way down: primitives, arrays, plain objects and maps (in any order). Parts that
 * are the same object are not looked into, so comparing with a value that shares structure costs what differs.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && sameItems(a, b)
  if (a instanceof Map) return b instanceof Map && sameEntries(a, b)
  if (a instanceof Set) return b instanceof Set && sameMembership(a, b)
  if (Array.isArray(b) || b instanceof Map || b instanceof Set) return false
  return sameMembers(a as Members, b as Members)
}

type Members = Readonly<Record<string, unknown>>

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => sameValue(item, b[index]))
}

function sameEntries(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false
  for (const [key, value] of a) if (!b.has(key) || !sameValue(value, b.get(key))) return false
  return true
}

function sameMembership(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  return a.size === b.size && a.values().every((member) => b.has(member))
}

function sameMembers(a: Members, b: Members): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameValue(a[name], b[name]))
  )
}
