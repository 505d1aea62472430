/** The files of a commit to the documents that count, under the repository's own settings and ignore rules. */
import { toObjectKind } from '../../model/object-id.ts'
import type { Problem } from '../../model/problem.ts'
import type { SourceFile } from '../../model/source-file.ts'
import type { Document } from '../document.ts'
import type { ReadingLimits } from '../yaml/reading-limits.ts'
import { fileProblem, type ReadingProblemText, readingProblem } from '../yaml/reading-problem.ts'
import { DocumentCache } from './document-cache.ts'
import { matchesKind } from './kind-pattern.ts'
import {
  DEFAULT_SETTINGS,
  type ReadSettings,
  type RepositorySettings,
  readSettings,
} from './repository-settings.ts'
import { selectFiles } from './select-files.ts'

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
  const { policies: files, settings: file, problems: ofEntries } = selectFiles(input.files, root)
  const { settings, problems: ofSettings } = readSettingsFile(file, { cache, ownKinds })
  const read = readDocuments({ files, root, settings, cache, ownKinds })
  const problems = [...ofEntries, ...ofSettings, ...read.problems]
  return { settings, documents: read.documents, problems, fileCount: files.length }
}

function readSettingsFile(
  file: SourceFile | undefined,
  { cache, ownKinds }: { readonly cache: DocumentCache; readonly ownKinds: readonly OwnKind[] },
): ReadSettings {
  if (file === undefined) return { settings: DEFAULT_SETTINGS, problems: [] }
  const { documents, problems } = cache.parse(file)
  const [first, second] = documents
  const own = [...problems, ...documents.flatMap((document) => document.problems)]
  if (first === undefined) return { settings: DEFAULT_SETTINGS, problems: own }
  const read = readSettings(first.document, ownKinds)
  const extra = second === undefined ? [] : [secondSettings(second.document)]
  return { settings: read.settings, problems: [...own, ...read.problems, ...extra] }
}

function readDocuments(input: {
  readonly files: readonly SourceFile[]
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
  for (const file of files) {
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
  files: readonly SourceFile[],
  { maxFiles, maxTotalBytes }: ReadingLimits,
): Problem | undefined {
  if (files.length > maxFiles)
    return tooMuch(root, 'PLB0103', 'policy files', files.length, maxFiles)
  const bytes = files.reduce((sum, { bytes: { length } }) => sum + length, 0)
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

function secondSettings(document: Document): Problem {
  return readingProblem(document.locate([]), {
    code: 'PLB0116',
    message: 'the settings are one document, and this is a second',
    fix: 'join the two',
  })
}
