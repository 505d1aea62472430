import type { Problem } from '../../model/problem.ts'

export interface ProblemCounts {
  readonly errors: number
  readonly warnings: number
  /** Files with a problem. */
  readonly files: number
}

export function countProblems(problems: readonly Problem[]): ProblemCounts {
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const files = new Set(problems.map(({ location }) => location.file)).size
  return { errors, warnings: problems.length - errors, files }
}

/** `1 error`, `2 errors`. */
export function printCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
