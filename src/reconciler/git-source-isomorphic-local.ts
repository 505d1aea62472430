/** The git port over a repository on this disk. Its working tree, index, hooks and filters are never looked at. */
import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Clock, Ms } from '../model/clock.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import type { SourceFile } from '../model/source-file.ts'
import { CommitFiles } from './git/commit-files.ts'
import type { CommitObject } from './git/commit-object.ts'
import { commitRelation } from './git/commit-relation.ts'
import { withDeadline } from './git/deadline.ts'
import { parseRefName, type RefName } from './git/ref-name.ts'
import {
  type CommitHeader,
  type CommitRelation,
  type GitSource,
  GitSourceError,
} from './git-source.ts'
import { ObjectReader } from './git-source-isomorphic-objects.ts'

export interface LocalOptions {
  readonly path: string
  readonly timeoutMs: Ms
  readonly maxObjectBytes: number
  readonly clock: Clock
}

type ReadRequest = Parameters<GitSource['read']>[0]

export class LocalGitSource implements GitSource {
  readonly #options: LocalOptions
  readonly #objects: ObjectReader
  /** Where HEAD is: apart from the rest in a linked worktree. */
  readonly #head: ObjectReader
  readonly #files = new CommitFiles()

  private constructor(options: LocalOptions, objects: ObjectReader, head: ObjectReader) {
    this.#options = options
    this.#objects = objects
    this.#head = head
  }

  /** Throws `RepositoryInvalid` where there is no repository, or one whose format isomorphic-git does not read. */
  static async open(options: LocalOptions): Promise<LocalGitSource> {
    const { maxObjectBytes } = options
    const gitdir = await findGitDirectory(options.path)
    const common = await readIfThere(join(gitdir, 'commondir'))
    const shared = common === undefined ? gitdir : resolve(gitdir, common.trim())
    const objects = new ObjectReader({ gitdir: shared, maxObjectBytes })
    await refuseFormat(options.path, objects)
    const head = shared === gitdir ? objects : new ObjectReader({ gitdir, maxObjectBytes })
    return new LocalGitSource(options, objects, head)
  }

  async resolve(ref: string, signal: AbortSignal): Promise<CommitSha> {
    const name = parseRefName(ref)
    if (!name.ok) throw new GitSourceError('RefNotFound', name.error)
    return this.#limited(`looking for ${ref} in ${this.#options.path}`, signal, () =>
      this.#resolve(ref, name.value),
    )
  }

  read(request: ReadRequest): Promise<readonly SourceFile[]> {
    const { commit } = request
    const what = `reading commit ${commit} of ${this.#options.path}`
    return this.#limited(what, request.signal, async (signal) => {
      const { tree } = await this.#commit(commit)
      return this.#files.read(this.#objects, { ...request, signal, tree })
    })
  }

  header(commit: CommitSha, signal: AbortSignal): Promise<CommitHeader> {
    return this.#limited(`reading commit ${commit} of ${this.#options.path}`, signal, async () => {
      const { author, message, parents } = await this.#commit(commit)
      return { sha: commit, author, message, parents }
    })
  }

  relation(
    move: { readonly from: CommitSha; readonly to: CommitSha },
    signal: AbortSignal,
  ): Promise<CommitRelation> {
    return this.#limited(`comparing commits of ${this.#options.path}`, signal, (inner) =>
      commitRelation(move, async (commit) => {
        inner.throwIfAborted()
        return (await this.#objects.commit(commit))?.parents
      }),
    )
  }

  #limited<T>(
    what: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock, timeoutMs } = this.#options
    return withDeadline({ clock, timeoutMs, what, signal }, work)
  }

  async #resolve(ref: string, name: RefName): Promise<CommitSha> {
    if (name.type === 'commit') {
      await this.#commit(name.commit)
      return name.commit
    }
    for (const candidate of name.candidates) {
      const reader = candidate === 'HEAD' ? this.#head : this.#objects
      const oid = await reader.ref(candidate)
      if (oid === undefined) continue
      const commit = await this.#objects.peel(oid)
      if (commit !== undefined) return commit
      throw new GitSourceError(
        'RefNotFound',
        `${candidate} of ${this.#options.path} names object ${oid}, which is no commit; follow a branch, or a tag of a commit`,
      )
    }
    throw new GitSourceError(
      'RefNotFound',
      `${this.#options.path} has no branch or tag ${JSON.stringify(ref)}, or no commit on it yet; commit to it, or follow another`,
    )
  }

  async #commit(commit: CommitSha): Promise<CommitObject> {
    const found = await this.#objects.commit(commit)
    if (found !== undefined) return found
    throw new GitSourceError('CommitNotFound', `${this.#options.path} has no commit ${commit}`)
  }
}

async function findGitDirectory(path: string): Promise<string> {
  const dotGit = join(path, '.git')
  if (await isDirectory(dotGit)) return resolve(dotGit)
  // A linked worktree or a submodule has a file there that names the directory.
  const link = /^gitdir: (.+)$/m.exec((await readIfThere(dotGit)) ?? '')?.[1]
  if (link !== undefined) return resolve(path, link)
  const bare = (await isDirectory(join(path, 'objects'))) && (await readIfThere(join(path, 'HEAD')))
  if (bare) return resolve(path)
  throw new GitSourceError(
    'RepositoryInvalid',
    `${path} is not a git repository: it has neither .git nor HEAD and objects; give the repository's own folder, or make one with git init`,
  )
}

/** Formats that git reads and isomorphic-git does not: said at once, in place of objects that seem to be missing. */
async function refuseFormat(path: string, objects: ObjectReader): Promise<void> {
  const refuse = (what: string, mend: string): never => {
    throw new GitSourceError('RepositoryInvalid', `${path} ${what}, which is not read; ${mend}`)
  }
  const format = await objects.config('extensions.objectformat')
  if (format !== undefined && format !== 'sha1')
    refuse(`names objects by ${format}`, 'use a SHA-1 repository')
  const refs = await objects.config('extensions.refstorage')
  if (refs !== undefined && refs !== 'files')
    refuse(`keeps its refs as ${refs}`, 'run git refs migrate --ref-format=files')
  const alternates = await readIfThere(join(objects.gitdir, 'objects', 'info', 'alternates'))
  if (alternates?.trim())
    refuse('borrows objects of another repository', 'run git repack -ad and remove the file')
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
