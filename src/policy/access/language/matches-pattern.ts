/** Membership without an automaton: for patterns whose automaton would be too large to build. */
import { nfaAccepts } from './determinise.ts'
import { toNfa } from './nfa.ts'
import { parseRegex } from './parse-regex.ts'

/** As `Language.ofPattern(pattern).has(text)`, in time that grows with the product of their lengths only. */
export function matchesPattern(pattern: string, text: string): boolean {
  return nfaAccepts(toNfa(parseRegex(pattern)), text)
}
