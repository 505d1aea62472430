/** Which entries of a commit are policies, which control the reading, and what is wrong with entries as such. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { Problem } from '../../model/problem.ts'
import type { SourceFile } from '../../model/source-file.ts'
import { fileProblem } from '../yaml/reading-problem.ts'
import { type IgnoreRules, readIgnoreRules } from './ignore-rules.ts'
import { entryProblem, pathProblem, twinProblems } from './path-problems.ts'
import { IGNORE_NAME, isPolicyName, SETTINGS_NAME } from './wanted-file.ts'

export interface Selection {
  /** Regular files with a policy's name that no rule leaves out, sorted by path. */
  readonly policies: readonly SourceFile[]
  readonly settings: SourceFile | undefined
  readonly problems: readonly Problem[]
}

/** `root` is the folder that holds the policies; rules and settings are relative to it. */
export function selectFiles(files: readonly SourceFile[], root: string): Selection {
  const entries = entriesUnder(root, files)
  const rules = readRules(entries, root)
  const controls = entries.filter(
    ({ role, path }) => (role === 'rules' || role === 'settings') && !rules.isFolderIgnored(path),
  )
  const candidates = entries.filter(
    ({ role, path }) => (role === 'policy' || role === 'other') && !rules.isIgnored(path),
  )
  const policies = candidates.filter(({ role }) => role === 'policy').map(({ file }) => file)
  return {
    policies: policies.filter(({ type }) => type === 'file'),
    settings: controls.find(({ path }) => path === SETTINGS_NAME)?.file,
    problems: [
      ...rules.problems,
      ...[...controls, ...candidates].flatMap(({ file }) => entryProblem(file) ?? []),
      ...controls.flatMap(misplacedSettings),
      ...policies.flatMap(({ path }) => pathProblem(path) ?? []),
      ...twinProblems(policies.map(({ path }) => path)),
    ],
  }
}

type Role = 'rules' | 'settings' | 'policy' | 'other'

interface Entry {
  /** Relative to the root. */
  readonly path: string
  readonly role: Role
  readonly file: SourceFile
}

function entriesUnder(root: string, files: readonly SourceFile[]): readonly Entry[] {
  const prefix = root === '' ? '' : `${root}/`
  return files
    .filter((file) => file.path.startsWith(prefix))
    .map((file) => {
      const path = file.path.slice(prefix.length)
      return { path, role: roleOf(path), file }
    })
    .sort((a, b) => byCodeUnit(a.path, b.path))
}

function roleOf(path: string): Role {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name === IGNORE_NAME) return 'rules'
  // Near misses of the settings' name count, so that they are reported and not passed over as hidden files.
  if (name.startsWith('.') && /^\.plumbline\.(?:ya?ml|json)$/i.test(name)) return 'settings'
  return isPolicyName(name) ? 'policy' : 'other'
}

function readRules(entries: readonly Entry[], root: string): IgnoreRules {
  const files = entries.filter(({ role }) => role === 'rules')
  return readIgnoreRules(
    files.map(({ path, file }) => ({ path, bytes: file.bytes })),
    (path) => (root === '' ? path : `${root}/${path}`),
  )
}

function misplacedSettings({ role, path, file }: Entry): readonly Problem[] {
  if (role !== 'settings' || path === SETTINGS_NAME) return []
  const problem = fileProblem(file.path, {
    code: 'PLB0117',
    message: `settings are read from ${SETTINGS_NAME} at the root of the policies only, and this is another place or name`,
    fix: `move the settings into ${SETTINGS_NAME} at the root, or list this file's folder in ${IGNORE_NAME}`,
  })
  return [problem]
}
