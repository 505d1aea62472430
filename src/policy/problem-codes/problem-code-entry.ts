import type { Severity } from '../../model/problem.ts'

export interface ProblemCodeEntry {
  /** A short name for lists: `duplicate key`. */
  readonly title: string
  readonly severity: Severity
}
