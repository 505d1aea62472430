/** Which paths `.plumbignore` files leave out: gitignore's syntax, in any folder, rules of deeper folders winning. */
import ignore, { type Ignore } from 'ignore'
import type { Problem } from '../../model/problem.ts'
import { decodeText } from '../yaml/decode-text.ts'
import { type ReadingProblemText, readingProblem } from '../yaml/reading-problem.ts'
import { quote } from '../yaml/scalar-problems.ts'
import { folderOf } from './wanted-file.ts'

/** Hidden files are CI workflows and editor settings; `!.name/` brings one back. */
const DEFAULT_RULES = '.*'

// The package turns patterns into backtracking expressions; these keep the worst of them cheap.
const MAX_RULES = 500
const MAX_RULE_LENGTH = 256
const MANY_STARS = /\*[^/*]+\*[^/*]+\*|\*\*.*\*\*.*\*\*/

interface RuleFile {
  /** Relative to the root. */
  readonly path: string
  readonly bytes: Uint8Array
}

export interface IgnoreRules {
  readonly problems: readonly Problem[]
  /** For paths relative to the root. */
  isIgnored(path: string): boolean
  /** Whether the folder of the path is left out with all that is in it. */
  isFolderIgnored(path: string): boolean
}

/** `shownPath` turns a path relative to the root into the repository's, for problems. */
export function readIgnoreRules(
  files: readonly RuleFile[],
  shownPath: (path: string) => string,
): IgnoreRules {
  const problems: Problem[] = []
  const byFolder = new Map<string, Ignore>([['', newRules().add(DEFAULT_RULES)]])
  for (const file of files) {
    const decoded = decodeText({ path: shownPath(file.path), bytes: file.bytes })
    if (decoded.type === 'unreadable') {
      problems.push(decoded.problem)
      continue
    }
    const { rules, refused } = judgeRules(decoded.source.text)
    for (const { line, problem } of refused) {
      problems.push(readingProblem({ file: shownPath(file.path), line, column: 1 }, problem))
    }
    const folder = folderOf(file.path)
    byFolder.set(folder, (byFolder.get(folder) ?? newRules()).add(rules.join('\n')))
  }
  const matcher = new PathMatcher(byFolder)
  return {
    problems,
    isIgnored: (path) => matcher.isIgnored(path),
    isFolderIgnored: (path) => matcher.isFolderIgnored(folderOf(path)),
  }
}

/** Case matters, as it does to git on the machines that serve. */
function newRules(): Ignore {
  return ignore({ ignorecase: false })
}

interface RefusedRule {
  readonly line: number
  readonly problem: ReadingProblemText
}

function judgeRules(text: string): {
  readonly rules: readonly string[]
  readonly refused: readonly RefusedRule[]
} {
  const lines = text.split(/\r?\n/)
  const rules: string[] = []
  const refused: RefusedRule[] = []
  for (const [at, rule] of lines.slice(0, MAX_RULES).entries()) {
    if (rule.startsWith('#')) continue
    if (rule.length <= MAX_RULE_LENGTH && !MANY_STARS.test(rule)) rules.push(rule)
    else refused.push({ line: at + 1, problem: costlyRule(rule) })
  }
  if (lines.length > MAX_RULES + 1) refused.push({ line: MAX_RULES + 1, problem: tooManyRules() })
  return { rules, refused }
}

function costlyRule(rule: string): ReadingProblemText {
  return {
    code: 'PLB0120',
    message: `the rule ${quote(rule)} is too costly to match: it is long, or has three stars in one name, or ** three times`,
    fix: 'write it as several simpler rules',
  }
}

function tooManyRules(): ReadingProblemText {
  return {
    code: 'PLB0120',
    message: `more than ${MAX_RULES} lines of rules`,
    fix: 'leave out folders instead of files',
  }
}

/** Remembers the verdict on each folder: a file in an ignored folder cannot come back (gitignore(5)). */
class PathMatcher {
  readonly #byFolder: ReadonlyMap<string, Ignore>
  readonly #folders = new Map<string, boolean>([['', false]])

  constructor(byFolder: ReadonlyMap<string, Ignore>) {
    this.#byFolder = byFolder
  }

  isIgnored(path: string): boolean {
    return this.isFolderIgnored(folderOf(path)) || this.#matches(path, '')
  }

  isFolderIgnored(folder: string): boolean {
    const known = this.#folders.get(folder)
    if (known !== undefined) return known
    const ignored = this.isFolderIgnored(folderOf(folder)) || this.#matches(folder, '/')
    this.#folders.set(folder, ignored)
    return ignored
  }

  /** The deepest rules that say anything decide. */
  #matches(path: string, suffix: '' | '/'): boolean {
    for (let folder = folderOf(path); ; folder = folderOf(folder)) {
      const inside = folder === '' ? path : path.slice(folder.length + 1)
      const verdict = this.#byFolder.get(folder)?.test(inside + suffix)
      if (verdict?.ignored === true) return true
      if (verdict?.unignored === true || folder === '') return false
    }
  }
}
