import type { Problem } from '../model/problem.ts'
import type { SourceLocation } from '../model/source-location.ts'
import type { Document, DocumentPath } from './document.ts'
import { printPath } from './print-path.ts'
import { type KnownProblemCode, PROBLEM_CODES } from './problem-codes.ts'
import { valueAt } from './value-at.ts'

export interface ProblemText {
  readonly code: KnownProblemCode
  readonly message: string
  readonly fix: string
  readonly related?: readonly SourceLocation[]
}

/** A problem at the value that stands at `path`, or at the key of what lacks it; severity is the code's. */
export function problemAt(document: Document, path: DocumentPath, text: ProblemText): Problem {
  return {
    ...text,
    severity: PROBLEM_CODES[text.code].severity,
    location: locate(document, path),
    path: printPath(path),
  }
}

/** A problem that the field should be there at all, shown at its key. */
export function problemAtKey(document: Document, path: DocumentPath, text: ProblemText): Problem {
  return { ...problemAt(document, path, text), location: document.locateKey(path) }
}

/** For a field that is missing, the key of the mapping that should have it: `spec:`, not the first thing under it. */
function locate(document: Document, path: DocumentPath): SourceLocation {
  const there = path.findIndex(
    (_, index) => valueAt(document.value, path.slice(0, index + 1)) === undefined,
  )
  return there < 0 ? document.locate(path) : document.locateKey(path.slice(0, there))
}
