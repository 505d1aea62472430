import type { Problem } from '../model/problem.ts'
import type { SourceLocation } from '../model/source-location.ts'
import type { Document, DocumentPath } from './document.ts'
import { printPath } from './print-path.ts'
import { type KnownProblemCode, PROBLEM_CODES } from './problem-codes.ts'

export interface ProblemText {
  readonly code: KnownProblemCode
  readonly message: string
  readonly fix: string
  readonly related?: readonly SourceLocation[]
}

/** A problem at the value that stands at `path`; severity is the code's. */
export function problemAt(document: Document, path: DocumentPath, text: ProblemText): Problem {
  return {
    ...text,
    severity: PROBLEM_CODES[text.code].severity,
    location: document.locate(path),
    path: printPath(path),
  }
}
