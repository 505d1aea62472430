/** The order in which problems are told: by file, line, column and code, the same on every machine. */
import { byCodeUnit } from './by-code-unit.ts'
import type { Problem } from './problem.ts'

export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort(byPlace)
}

function byPlace(a: Problem, b: Problem): number {
  return (
    byCodeUnit(a.location.file, b.location.file) ||
    a.location.line - b.location.line ||
    a.location.column - b.location.column ||
    byCodeUnit(a.code, b.code) ||
    byCodeUnit(a.path, b.path) ||
    byCodeUnit(a.message, b.message)
  )
}
