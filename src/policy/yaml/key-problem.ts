import { duplicateKey, keyNotText, mergeKey, taggedKey, unsafeKey } from './document-problems.ts'
import type { ReadingProblemText } from './reading-problem.ts'
import { resolvePlain } from './resolve-scalar.ts'
import { ambiguousKey } from './scalar-problems.ts'

export interface WrittenKey {
  readonly text: string
  readonly isPlain: boolean
  readonly isTagged: boolean
}

const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** What is wrong with a key of a mapping that holds `known` already. Only for PLB0206 may its value be kept. */
export function keyProblem(
  { text, isPlain, isTagged }: WrittenKey,
  known: Readonly<Record<string, unknown>>,
): ReadingProblemText | undefined {
  if (UNSAFE_KEYS.has(text)) return unsafeKey(text)
  if (Object.hasOwn(known, text)) return duplicateKey(text)
  if (isTagged) return taggedKey()
  if (!isPlain) return undefined
  if (text === '<<') return mergeKey()
  const value = resolvePlain(text)
  return value === null ? keyNotText() : ambiguousKey(text, value)
}
