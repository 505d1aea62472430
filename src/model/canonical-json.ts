import { byCodeUnit } from './by-code-unit.ts'

/** JSON with object keys in code-unit order and `undefined` members left out: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    const entries = Object.entries(member).sort(([a], [b]) => byCodeUnit(a, b))
    return Object.fromEntries(entries)
  })
}
