/** A mistake in a commit, as data: collected, never thrown. The table of codes is in src/policy/problem-codes.ts. */
import type { SourceLocation } from './source-location.ts'

/** `PLB` and four digits; stable for ever, documented in docs/problems.md. */
export type ProblemCode = `PLB${number}`

/** An error stops the commit; a warning does not (unless `--strict`). */
export type Severity = 'error' | 'warning'

export interface Problem {
  readonly code: ProblemCode
  readonly severity: Severity
  readonly location: SourceLocation
  /** Path within the document, as in `spec.backends[1].weight`; empty for the document itself. */
  readonly path: string
  /** What was found and what was expected, in one sentence, without a trailing period. */
  readonly message: string
  /** What the author should type or do, in one sentence, without a trailing period. */
  readonly fix: string
  /** Other places the sentence speaks of, such as the first of two duplicates. */
  readonly related?: readonly SourceLocation[]
}
