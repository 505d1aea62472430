import type { Problem } from '../../model/problem.ts'
import type { SourceFile } from '../../model/source-file.ts'
import type { Document } from '../document.ts'
import { parseFile } from './parse-file.ts'
import type { ReadingLimits } from './reading-limits.ts'

/** Every document of a file that can be read, and every problem of those and of the rest. */
export function parseDocuments(
  file: Pick<SourceFile, 'path' | 'bytes'>,
  limits?: ReadingLimits,
): { readonly documents: readonly Document[]; readonly problems: readonly Problem[] } {
  const parsed = parseFile(file, limits)
  return {
    documents: parsed.documents.map(({ document }) => document),
    problems: [...parsed.problems, ...parsed.documents.flatMap(({ problems }) => problems)],
  }
}
