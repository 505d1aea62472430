import type { Problem } from '../../model/problem.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import { READING_CODES } from '../problem-codes/reading-codes.ts'

export type ReadingCode = keyof typeof READING_CODES

export interface ReadingProblemText {
  readonly code: ReadingCode
  readonly message: string
  readonly fix: string
  readonly path?: string
  readonly related?: readonly SourceLocation[]
}

/** A problem of a file or of its YAML; severity is the code's. */
export function readingProblem(location: SourceLocation, text: ReadingProblemText): Problem {
  const { code, message, fix, path = '', related } = text
  const problem = { code, severity: READING_CODES[code].severity, location, path, message, fix }
  return related === undefined ? problem : { ...problem, related }
}

/** A problem of the file as a whole, such as its size. */
export function fileProblem(file: string, text: ReadingProblemText): Problem {
  return readingProblem({ file, line: 1, column: 1 }, text)
}
