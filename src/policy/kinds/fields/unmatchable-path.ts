/** Patterns that no request path can match. */
import { Language } from '../../access/language/language.ts'
import { AutomatonTooLargeError } from '../../access/language/nfa.ts'
import { RegexSyntaxError } from '../../access/language/parse-regex.ts'
import { REQUEST_PATHS } from '../../access/universe.ts'
import type { ProblemText } from '../../problem-at.ts'

/** Most patterns begin as every path does and ask for no query; only the others are worth an automaton. */
const SUSPICIOUS = /^(?!\^?\/|\^?\.\*|\^?\(|\^?\.\+)|\\[?#]|\[[^\]]*[?#]/

export function judgePathPattern(pattern: string): ProblemText | undefined {
  if (!SUSPICIOUS.test(pattern) || matchesSomePath(pattern)) return undefined
  return {
    code: 'PLB0516',
    message: `no request path matches ${JSON.stringify(pattern.slice(0, 80))}: patterns match the whole path, which begins with "/" and has no query`,
    fix: /[?#]/.test(pattern) ? 'leave out the query' : 'begin it with /, or with .*',
  }
}

/** True also where the automaton grows too large to say: a warning is not worth a guess. */
function matchesSomePath(pattern: string): boolean {
  try {
    return !REQUEST_PATHS.intersect(Language.ofPattern(pattern)).isEmpty
  } catch (error) {
    if (error instanceof AutomatonTooLargeError || error instanceof RegexSyntaxError) return true
    throw error
  }
}
