/** What can be wrong with the entries of a commit before any is opened. */
import type { Problem } from '../../model/problem.ts'
import type { SourceFile } from '../../model/source-file.ts'
import { fileProblem } from '../yaml/reading-problem.ts'
import { findBidiControl, findControlCharacter, quote } from '../yaml/scalar-problems.ts'
import { baseName, isPolicyName } from './wanted-file.ts'

/** Longer than any file system shows comfortably, and short enough to match ignore rules against. */
const MAX_PATH_LENGTH = 1024

/** A link or a submodule that may stand for policies would make them vanish silently: an error, not a skip. */
export function entryProblem(file: Pick<SourceFile, 'path' | 'type'>): Problem | undefined {
  if (file.type === 'gitlink') {
    return fileProblem(file.path, {
      code: 'PLB0105',
      message: 'a submodule; its files are not in this commit, so policies in it would not be read',
      fix: 'commit the files themselves, or list the path in .plumbignore',
    })
  }
  if (file.type === 'symlink' && mayHoldPolicy(file.path)) {
    return fileProblem(file.path, {
      code: 'PLB0104',
      message: 'a symbolic link; links are never followed, so policies behind it would not be read',
      fix: 'commit the file itself, or list the path in .plumbignore',
    })
  }
  return undefined
}

/** A policy file's name, or a name without extension, as folders have. */
function mayHoldPolicy(path: string): boolean {
  return isPolicyName(path) || !baseName(path).slice(1).includes('.')
}

export function pathProblem(path: string): Problem | undefined {
  const reason = unsafePath(path)
  if (reason === undefined) return undefined
  return fileProblem(path, {
    code: 'PLB0106',
    message: `the path ${reason}`,
    fix: 'rename the file; plain ASCII is safest',
  })
}

function unsafePath(path: string): string | undefined {
  if (path.length > MAX_PATH_LENGTH) return `is longer than ${MAX_PATH_LENGTH} characters`
  if (!/[^ -~]/.test(path)) return path.includes('\\') ? 'holds a backslash' : undefined
  if (!path.isWellFormed() || path.includes('\ufffd')) return 'is not UTF-8'
  const character = findControlCharacter(path) ?? findBidiControl(path)
  if (character !== undefined || /[\t\n\r]/.test(path)) return 'holds an invisible character'
  return path.normalize('NFC') === path ? undefined : 'is not in Unicode Normalization Form C'
}

/** On macOS and Windows, `Shop.yaml` and `shop.yaml` are one file: whoever checks the commit out there sees only one. */
export function twinProblems(paths: readonly string[]): readonly Problem[] {
  const firsts = new Map<string, string>()
  const problems: Problem[] = []
  // Paths differ; without upper case and without letters beyond ASCII they differ for everybody.
  if (paths.every((path) => /^[^A-Z\u0080-\uffff]*$/.test(path))) return []
  for (const path of paths) {
    const folded = path.normalize('NFC').toLowerCase()
    const first = firsts.get(folded)
    if (first === undefined) firsts.set(folded, path)
    else problems.push(twin(path, first))
  }
  return problems
}

function twin(path: string, first: string): Problem {
  return fileProblem(path, {
    code: 'PLB0107',
    message: `the path differs from ${quote(first)} only in case or in Unicode form, and on some machines they are one file`,
    fix: 'rename one of the two',
    related: [{ file: first, line: 1, column: 1 }],
  })
}
