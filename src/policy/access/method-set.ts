/** Sets of HTTP methods. Methods beyond the nine that policies can name are one member: only `*` allows them. */
import { HTTP_METHODS, type HttpMethod } from '../intent/http-match.ts'

/** One bit a method, in the order of HTTP_METHODS, and the highest for every other method. */
export type MethodSet = number

const OTHER_METHOD = 1 << HTTP_METHODS.length
export const ALL_METHODS: MethodSet = (1 << (HTTP_METHODS.length + 1)) - 1

/** A method that policies cannot name (RFC 4918), to stand for all of them in a witness. */
const SOME_OTHER_METHOD = 'PROPFIND'

export function toMethodSet(methods: '*' | readonly HttpMethod[]): MethodSet {
  if (methods === '*') return ALL_METHODS
  return methods.reduce((set, method) => set | (1 << HTTP_METHODS.indexOf(method)), 0)
}

export function hasMethod(set: MethodSet, method: string): boolean {
  const index = (HTTP_METHODS as readonly string[]).indexOf(method)
  return (set & (index < 0 ? OTHER_METHOD : 1 << index)) !== 0
}

/** The first member in the order of HTTP_METHODS; `undefined` for the empty set. */
export function someMethod(set: MethodSet): string | undefined {
  const named = HTTP_METHODS.find((_method, index) => (set & (1 << index)) !== 0)
  return named ?? ((set & OTHER_METHOD) === 0 ? undefined : SOME_OTHER_METHOD)
}

/** `*`, or the methods by name; `others` where methods beyond the nine are in it but not all of the nine. */
export function printMethods(set: MethodSet): string {
  if (set === ALL_METHODS) return '*'
  const named = HTTP_METHODS.filter((_method, index) => (set & (1 << index)) !== 0)
  return [...named, ...((set & OTHER_METHOD) === 0 ? [] : ['others'])].join(', ')
}
