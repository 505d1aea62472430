import type { Problem } from '../../model/problem.ts'
import { sortProblems } from '../../model/problem-order.ts'
import { PROBLEM_CODES } from '../../policy/problem-codes.ts'

/** An array of flat objects, for programs. Characters that act on terminals are escaped as JSON allows. */
export function printProblemsJson(problems: readonly Problem[]): string {
  const objects = sortProblems(problems).map((problem) => ({
    code: problem.code,
    title: titleOf(problem.code),
    severity: problem.severity,
    file: problem.location.file,
    line: problem.location.line,
    column: problem.location.column,
    path: problem.path,
    message: problem.message,
    fix: problem.fix,
    related: problem.related ?? [],
  }))
  return `${escapeForTerminals(JSON.stringify(objects, null, 2))}\n`
}

/** `duplicate key`; empty for a code of another version of Plumbline. */
export function titleOf(code: string): string {
  const titles: Readonly<Record<string, { readonly title: string }>> = PROBLEM_CODES
  return titles[code]?.title ?? ''
}

/** JSON.stringify escapes C0 and half surrogates; DEL, C1, format characters and odd line ends are left to us. */
export function escapeForTerminals(json: string): string {
  return json.replaceAll(/[\p{Cf}\p{Zl}\p{Zp}]|[^\P{Cc}\n]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
