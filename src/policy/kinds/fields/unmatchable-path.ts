/** Patterns that no request path can match. */
import { Language } from '../../access/language/language.ts'
import { REQUEST_PATHS } from '../../access/universe.ts'
import type { ProblemText } from '../../problem-at.ts'

/** Most patterns begin as every path does and ask for no query; only the others are worth an automaton. */
const SUSPICIOUS = /^(?!\^?\/|\^?\.\*|\^?\(|\^?\.\+)|\\[?#]|\[[^\]]*[?#]/

export function judgePathPattern(pattern: string): ProblemText | undefined {
  if (!SUSPICIOUS.test(pattern)) return undefined
  if (!REQUEST_PATHS.intersect(Language.ofPattern(pattern)).isEmpty) return undefined
  return {
    code: 'PLB0516',
    message: `no request path matches ${JSON.stringify(pattern.slice(0, 80))}: patterns match the whole path, which begins with "/" and has no query`,
    fix: /[?#]/.test(pattern) ? 'leave out the query' : 'begin it with /, or with .*',
  }
}
