/** The files of a commit by a walk over its trees; what two commits share is read once. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { CommitSha } from '../../model/commit-sha.ts'
import type { SourceFile } from '../../model/source-file.ts'
import { GitSourceError, type ReadLimits } from '../git-source.ts'
import { RecentCache } from './recent-cache.ts'
import { rest } from './rest.ts'
import type { TreeEntry } from './tree-entries.ts'

export interface ObjectStore {
  tree(oid: string): Promise<readonly TreeEntry[]>
  blob(oid: string): Promise<Uint8Array>
}

export interface FilesRequest {
  readonly commit: CommitSha
  /** The commit's root tree. */
  readonly tree: string
  readonly path: string
  readonly wanted: (path: string) => boolean
  readonly limits: ReadLimits
  readonly signal: AbortSignal
}

interface Listed extends TreeEntry {
  readonly path: string
}

/** Reads that are under way together: loose objects are one small file each. */
const BATCH = 16
/** Batches between two rests, so that streams are served meanwhile: some ten milliseconds. */
const BATCHES_A_TURN = 16
/** Linux's PATH_MAX: nobody's policies lie deeper, and a tree that nests for ever ends here. */
const MAX_PATH = 4_096

export class CommitFiles {
  readonly #trees = new RecentCache<readonly TreeEntry[]>()
  readonly #files = new RecentCache<SourceFile>()

  /** Sorted by path. A file that is as it was is the same object as before. */
  async read(store: ObjectStore, request: FilesRequest): Promise<readonly SourceFile[]> {
    const folder = cleanFolder(request)
    const tree = await this.#descend(store, request, folder)
    const listed = await this.#list(store, request, { tree, folder })
    const wanted = listed
      // A link or a submodule has no ending that says what is behind it: it is listed, so that it can be reported.
      .filter((entry) => entry.type !== 'file' || request.wanted(entry.path))
      .sort((a, b) => byCodeUnit(a.path, b.path))
    for (const entry of wanted) refuseFault(request, entry)
    const files = await this.#load(store, request, wanted)
    this.#trees.turn()
    this.#files.turn()
    return files
  }

  async #descend(store: ObjectStore, request: FilesRequest, folder: string): Promise<string> {
    let tree = request.tree
    for (const name of folder.split('/').filter((part) => part !== '')) {
      const entry = (await this.#tree(store, tree)).find((candidate) => candidate.name === name)
      if (entry?.type !== 'tree') throw noFolder(request, folder, name, entry?.type)
      tree = entry.oid
    }
    return tree
  }

  async #list(
    store: ObjectStore,
    request: FilesRequest,
    start: { readonly tree: string; readonly folder: string },
  ): Promise<Listed[]> {
    const listed: Listed[] = []
    const folders = [start]
    for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
      request.signal.throwIfAborted()
      for (const entry of await this.#tree(store, next.tree)) {
        const path = next.folder === '' ? entry.name : `${next.folder}/${entry.name}`
        if (path.length > MAX_PATH) throw tooDeep(request, path)
        listed.push({ ...entry, path })
        // Folders count too: a tree of folders alone can be endless.
        if (listed.length > request.limits.maxFiles) throw tooMany(request)
        if (entry.type !== 'tree') continue
        refuseFault(request, { ...entry, path })
        folders.push({ tree: entry.oid, folder: path })
      }
    }
    return listed.filter((entry) => entry.type !== 'tree')
  }

  async #load(
    store: ObjectStore,
    request: FilesRequest,
    entries: readonly Listed[],
  ): Promise<readonly SourceFile[]> {
    const loaded: SourceFile[] = []
    let total = 0
    for (let at = 0; at < entries.length; at += BATCH) {
      request.signal.throwIfAborted()
      if (at % (BATCH * BATCHES_A_TURN) === 0) await rest()
      const batch = entries.slice(at, at + BATCH)
      for (const file of await Promise.all(batch.map((entry) => this.#file(store, entry)))) {
        total += file.bytes.length
        refuseSize(request, file, total)
        loaded.push(file)
      }
    }
    return loaded
  }

  async #file(store: ObjectStore, entry: Listed): Promise<SourceFile> {
    const key = `${entry.type} ${entry.oid} ${entry.path}`
    const known = this.#files.get(key)
    if (known !== undefined) return known
    const { path, oid: blob } = entry
    const file: SourceFile =
      entry.type === 'file'
        ? { path, blob, type: 'file', bytes: await store.blob(blob) }
        : { path, blob, type: entry.type === 'symlink' ? 'symlink' : 'gitlink', bytes: EMPTY }
    this.#files.set(key, file)
    return file
  }

  async #tree(store: ObjectStore, oid: string): Promise<readonly TreeEntry[]> {
    const known = this.#trees.get(oid)
    if (known !== undefined) return known
    const entries = await store.tree(oid)
    this.#trees.set(oid, entries)
    return entries
  }
}

const EMPTY = new Uint8Array(0)

function cleanFolder(request: FilesRequest): string {
  const parts = request.path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..'))
    throw new GitSourceError(
      'PathNotFound',
      `the path ${JSON.stringify(request.path)} has ..; name a folder from the root of the repository`,
    )
  return parts.join('/')
}

function noFolder(
  request: FilesRequest,
  folder: string,
  part: string,
  found: TreeEntry['type'] | undefined,
): GitSourceError {
  const what = {
    file: 'a file',
    symlink: 'a symbolic link, and links are not followed',
    gitlink: 'a submodule, and submodules are not fetched',
    tree: 'a folder',
  }
  const reason =
    found === undefined
      ? `there is no ${JSON.stringify(part)}`
      : `${JSON.stringify(part)} is ${what[found]}`
  return new GitSourceError(
    'PathNotFound',
    `commit ${request.commit} has no folder ${JSON.stringify(folder)}: ${reason}; correct the path, or commit the folder`,
  )
}

function refuseFault(request: FilesRequest, entry: Listed): void {
  if (entry.fault === undefined) return
  throw new GitSourceError(
    'RepositoryInvalid',
    `${JSON.stringify(entry.path)} in commit ${request.commit} cannot be read: ${entry.fault}; rename it`,
  )
}

function refuseSize({ commit, limits }: FilesRequest, file: SourceFile, total: number): void {
  const where = `in commit ${commit}`
  if (file.bytes.length > limits.maxFileBytes)
    throw new GitSourceError(
      'LimitExceeded',
      `${file.path} ${where} has ${file.bytes.length} bytes; the limit is ${limits.maxFileBytes} a file: split it, leave it out with .plumbignore, or raise the limit`,
    )
  if (total > limits.maxTotalBytes)
    throw new GitSourceError(
      'LimitExceeded',
      `the policy files ${where} have more than ${limits.maxTotalBytes} bytes together (reached at ${file.path}); narrow the path or raise the limit`,
    )
}

function tooMany({ commit, path, limits }: FilesRequest): GitSourceError {
  return new GitSourceError(
    'LimitExceeded',
    `commit ${commit} has more than ${limits.maxFiles} entries under ${JSON.stringify(path)}; narrow the path or raise the limit`,
  )
}

function tooDeep({ commit }: FilesRequest, path: string): GitSourceError {
  return new GitSourceError(
    'LimitExceeded',
    `commit ${commit} has a path of more than ${MAX_PATH} characters, beginning ${JSON.stringify(path.slice(0, 80))}`,
  )
}
