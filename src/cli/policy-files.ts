/** Where a command's policies come from: a folder or a file of this disk, or a commit of a repository. */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { Clock } from '../model/clock.ts'
import { type CommitSha, toCommitSha } from '../model/commit-sha.ts'
import type { Logger } from '../model/logger.ts'
import type { SourceFile } from '../model/source-file.ts'
import { SETTINGS_NAME, wantedFile } from '../policy/files/wanted-file.ts'
import { READING_LIMITS } from '../policy/yaml/reading-limits.ts'
import { UsageError } from './exit-code.ts'
import { readFolder, readSourceFile } from './read-folder.ts'

export interface PolicyFiles {
  /** All zeros for files that are read from disk: they are in no commit yet. */
  readonly commit: CommitSha
  readonly files: readonly SourceFile[]
  /** The folder that holds the policies, as in the paths of the files. */
  readonly root: string
  /** Absolute; the paths of the files are relative to it. Absent for a commit. */
  readonly base?: string
}

export interface PolicyFilesInput {
  /** A path, or an `https://`, `http://` or `file://` URL. */
  readonly target: string
  /** A branch, tag or SHA: read from the repository and not from the folder. */
  readonly ref?: string
  readonly workingDirectory: string
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

const NO_COMMIT = toCommitSha('0'.repeat(40))

/** Throws `UsageError` or `GitSourceError`, with one sentence, when the target cannot be read. */
export async function readPolicyFiles(input: PolicyFilesInput): Promise<PolicyFiles> {
  if (/^[a-z+]+:\/\//i.test(input.target)) return readUrl(input, input.target)
  const path = resolve(input.workingDirectory, input.target)
  const found = await stat(path).catch((cause: unknown) => {
    throw new UsageError(
      `there is nothing at ${path}; name a folder, a file or the URL of a repository`,
      { cause },
    )
  })
  if (!found.isDirectory() && !found.isFile()) {
    throw new UsageError(`${path} is neither a folder nor a file`)
  }
  const folder = found.isDirectory() ? path : dirname(path)
  const gitRoot = await findGitRoot(folder)
  if (input.ref !== undefined) return readRef(input, path, { folder, gitRoot })
  const base =
    gitRoot ?? (isWithin(input.workingDirectory, folder) ? input.workingDirectory : folder)
  return found.isDirectory() ? readFromFolder(path, base, input.signal) : readFromFile(path, base)
}

/** A folder in no working tree may be a bare repository; the adapter says so if it is none. */
async function readRef(
  input: PolicyFilesInput,
  path: string,
  { folder, gitRoot = path }: { readonly folder: string; readonly gitRoot: string | undefined },
): Promise<PolicyFiles> {
  if (folder !== path) {
    throw new UsageError(`${path} is a file; with a ref, name the folder of the policies`)
  }
  return readCommit(input, gitRoot, toPosix(relative(gitRoot, folder)))
}

async function readFromFolder(
  folder: string,
  base: string,
  signal: AbortSignal,
): Promise<PolicyFiles> {
  const root = toPosix(relative(base, folder))
  const files = await readFolder({ folder, prefix: root, limits: READING_LIMITS, signal })
  return { commit: NO_COMMIT, files, root, base }
}

/** With the settings that hold for it: those of its folder or of the nearest above. */
async function readFromFile(path: string, base: string): Promise<PolicyFiles> {
  const file = await readSourceFile(path, toPosix(relative(base, path)))
  for (let folder = dirname(path); isWithin(base, folder); folder = dirname(folder)) {
    const settings = join(folder, SETTINGS_NAME)
    if (settings !== path && (await isFile(settings))) {
      const shown = toPosix(relative(base, settings))
      const files = [await readSourceFile(settings, shown), file]
      return { commit: NO_COMMIT, files, root: toPosix(relative(base, folder)), base }
    }
    if (folder === base) break
  }
  return { commit: NO_COMMIT, files: [file], root: toPosix(relative(base, dirname(path))), base }
}

async function readUrl(input: PolicyFilesInput, url: string): Promise<PolicyFiles> {
  return readCommit({ ...input, ref: input.ref ?? 'HEAD' }, url, '')
}

async function readCommit(
  { ref = 'HEAD', clock, log, signal }: PolicyFilesInput,
  url: string,
  root: string,
): Promise<PolicyFiles> {
  // Loaded when it is needed: checking a folder should not wait for a git client.
  const { openIsomorphicGitSource } = await import('../reconciler/git-source-isomorphic.ts')
  const cacheDirectory = await mkdtemp(join(tmpdir(), 'plumb-'))
  try {
    const source = await openIsomorphicGitSource({ url, cacheDirectory, clock, log })
    const commit = await source.resolve(ref, signal)
    const { maxTotalBytes } = READING_LIMITS
    // A file that is too large is a problem with a place, so the limit here is the commit's.
    const limits = {
      maxFiles: MAX_TREE_ENTRIES,
      maxFileBytes: maxTotalBytes,
      maxTotalBytes: 4 * maxTotalBytes,
    }
    const files = await source.read({ commit, path: root, wanted: wantedFile, limits, signal })
    return { commit, files, root }
  } finally {
    await rm(cacheDirectory, { recursive: true, force: true })
  }
}

/** Policies and all else that stands beside them. */
const MAX_TREE_ENTRIES = 1_000_000

async function findGitRoot(from: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    if (await exists(join(folder, '.git'))) return folder
    if (dirname(folder) === folder) return undefined
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** By path segments, never by prefix: /srv/repo-old is not within /srv/repo. */
function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`)
}

function toPosix(path: string): string {
  return path.split(sep).join('/')
}
