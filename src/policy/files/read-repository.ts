/** The files of a commit to the documents that count, under the repository's own settings and ignore rules. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { toObjectKind } from '../../model/object-id.ts'
import type { Problem } from '../../model/problem.ts'
import type { SourceFile } from '../../model/source-file.ts'
import type { Document } from '../document.ts'
import type { ReadingLimits } from '../yaml/reading-limits.ts'
import { fileProblem, type ReadingProblemText, readingProblem } from '../yaml/reading-problem.ts'
import { DocumentCache } from './document-cache.ts'
import { type IgnoreRules, readIgnoreRules } from './ignore-rules.ts'
import { matchesKind } from './kind-pattern.ts'
import { entryProblem, pathProblem, twinProblems } from './path-problems.ts'
import {
  DEFAULT_SETTINGS,
  type ReadSettings,
  type RepositorySettings,
  readSettings,
} from './repository-settings.ts'
import { baseName, IGNORE_NAME, isPolicyName, SETTINGS_NAME } from './wanted-file.ts'

export interface Repository {
  readonly settings: RepositorySettings
  /** Sorted by path, then by place in the file; documents of ignored kinds are left out. */
  readonly documents: readonly Document[]
  readonly problems: readonly Problem[]
  /** How many policy files were read. */
  readonly fileCount: number
}

interface OwnKind {
  readonly group: string
  readonly kind: string
}

export interface RepositoryInput {
  readonly files: readonly SourceFile[]
  /** The folder of the repository that holds the policies; `''` for all of it. */
  readonly root: string
  /** Carried from commit to commit, it makes reading cost what changed. */
  readonly cache?: DocumentCache
  /** Kinds that `ignoreKinds` cannot leave out. */
  readonly ownKinds?: readonly OwnKind[]
}

export function readRepository(input: RepositoryInput): Repository {
  const { root, cache = new DocumentCache(), ownKinds = [] } = input
  const entries = entriesUnder(root, input.files)
  const rules = readRules(entries, root)
  const { settings, problems: ofSettings } = readSettingsFile(entries, { cache, ownKinds })
  const policies = entries.filter((entry) => !isControl(entry.path) && !rules.isIgnored(entry.path))
  const files = policies.filter(({ path, file }) => file.type === 'file' && isPolicyName(path))
  const early = [...rules.problems, ...ofSettings, ...problemsOfEntries(entries, policies, rules)]
  const read = readDocuments({ files, root, settings, cache, ownKinds })
  const problems = [...early, ...read.problems]
  return { settings, documents: read.documents, problems, fileCount: files.length }
}

/** An entry of the commit, with its path relative to the root. */
interface Entry {
  readonly path: string
  readonly file: SourceFile
}

function entriesUnder(root: string, files: readonly SourceFile[]): readonly Entry[] {
  const prefix = root === '' ? '' : `${root}/`
  return files
    .filter(({ path }) => path.startsWith(prefix))
    .map((file) => ({ path: file.path.slice(prefix.length), file }))
    .sort((a, b) => byCodeUnit(a.path, b.path))
}

function readRules(entries: readonly Entry[], root: string): IgnoreRules {
  const files = entries.filter(({ path }) => baseName(path) === IGNORE_NAME)
  return readIgnoreRules(
    files.map(({ path, file }) => ({ path, bytes: file.bytes })),
    (path) => (root === '' ? path : `${root}/${path}`),
  )
}

/** Settings and ignore rules are read for what they say, and are no policies. */
function isControl(path: string): boolean {
  return baseName(path) === IGNORE_NAME || isSettingsLike(path)
}

function isSettingsLike(path: string): boolean {
  return /^\.plumbline\.(?:ya?ml|json)$/i.test(baseName(path))
}

function readSettingsFile(
  entries: readonly Entry[],
  { cache, ownKinds }: { readonly cache: DocumentCache; readonly ownKinds: readonly OwnKind[] },
): ReadSettings {
  const file = entries.find(({ path }) => path === SETTINGS_NAME)?.file
  if (file === undefined) return { settings: DEFAULT_SETTINGS, problems: [] }
  const { documents, problems } = cache.parse(file)
  const [first, second] = documents
  const own = [...problems, ...documents.flatMap((document) => document.problems)]
  if (first === undefined) return { settings: DEFAULT_SETTINGS, problems: own }
  const read = readSettings(first.document, ownKinds)
  const extra = second === undefined ? [] : [secondSettings(second.document)]
  return { settings: read.settings, problems: [...own, ...read.problems, ...extra] }
}

function problemsOfEntries(
  entries: readonly Entry[],
  policies: readonly Entry[],
  rules: IgnoreRules,
): readonly Problem[] {
  const controls = entries.filter(({ path }) => isControl(path) && !rules.isFolderIgnored(path))
  const named = policies.filter(({ path }) => isPolicyName(path))
  return [
    ...[...controls, ...policies].flatMap(({ file }) => entryProblem(file) ?? []),
    ...controls.flatMap(({ path, file }) =>
      isSettingsLike(path) && path !== SETTINGS_NAME ? [misplacedSettings(file.path)] : [],
    ),
    ...named.flatMap(({ file }) => pathProblem(file.path) ?? []),
    ...twinProblems(named.map(({ file }) => file.path)),
  ]
}

function readDocuments(input: {
  readonly files: readonly Entry[]
  readonly root: string
  readonly settings: RepositorySettings
  readonly cache: DocumentCache
  readonly ownKinds: readonly OwnKind[]
}): { readonly documents: readonly Document[]; readonly problems: readonly Problem[] } {
  const { files, root, settings, cache, ownKinds } = input
  const overLimit = limitProblem(root, files, cache.limits)
  if (overLimit !== undefined) return { documents: [], problems: [overLimit] }
  const documents: Document[] = []
  const problems: Problem[] = []
  for (const { file } of files) {
    const parsed = cache.parse(file)
    problems.push(...parsed.problems)
    for (const { document, problems: own } of parsed.documents) {
      if (isIgnoredKind(document, settings, ownKinds)) continue
      documents.push(document)
      problems.push(...own)
    }
  }
  if (documents.length <= cache.limits.maxDocuments) return { documents, problems }
  return {
    documents: [],
    problems: [
      ...problems,
      tooMuch(root, 'PLB0119', 'documents', documents.length, cache.limits.maxDocuments),
    ],
  }
}

function isIgnoredKind(
  document: Document,
  { ignoreKinds }: RepositorySettings,
  ownKinds: readonly OwnKind[],
): boolean {
  if (ignoreKinds.length === 0) return false
  const kind = kindOf(document.value)
  if (kind === undefined || !ignoreKinds.some((pattern) => matchesKind(pattern, kind))) return false
  return !ownKinds.some((own) => own.group === kind.group && own.kind === kind.kind)
}

function kindOf(value: unknown): OwnKind | undefined {
  const { apiVersion, kind } = value as Readonly<Record<string, unknown>>
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined
  return toObjectKind({ apiVersion, kind })
}

function limitProblem(
  root: string,
  files: readonly Entry[],
  { maxFiles, maxTotalBytes }: ReadingLimits,
): Problem | undefined {
  if (files.length > maxFiles)
    return tooMuch(root, 'PLB0103', 'policy files', files.length, maxFiles)
  const bytes = files.reduce((sum, { file }) => sum + file.bytes.length, 0)
  return bytes > maxTotalBytes ? tooMuch(root, 'PLB0102', 'bytes', bytes, maxTotalBytes) : undefined
}

function tooMuch(
  root: string,
  code: ReadingProblemText['code'],
  unit: string,
  found: number,
  limit: number,
): Problem {
  return fileProblem(root === '' ? '.' : root, {
    code,
    message: `${found} ${unit} were found under this path; the limit is ${limit}`,
    fix: 'leave out with .plumbignore what is no policy, or split the repository',
  })
}

function misplacedSettings(path: string): Problem {
  return fileProblem(path, {
    code: 'PLB0117',
    message: `settings are read from ${SETTINGS_NAME} at the root of the policies only, and this is another place or name`,
    fix: `move the settings into ${SETTINGS_NAME} at the root, or list this file's folder in ${IGNORE_NAME}`,
  })
}

function secondSettings(document: Document): Problem {
  return readingProblem(document.locate([]), {
    code: 'PLB0116',
    message: 'the settings are one document, and this is a second',
    fix: 'join the two',
  })
}
