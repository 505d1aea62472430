/** A git source in memory: commits are made by the test. */
import { createHash } from 'node:crypto'
import { type CommitSha, isCommitSha } from '../../src/model/commit-sha.ts'
import type { SourceFile } from '../../src/model/source-file.ts'
import {
  type CommitHeader,
  type GitSource,
  GitSourceError,
} from '../../src/reconciler/git-source.ts'

interface Commit {
  readonly header: CommitHeader
  readonly files: readonly SourceFile[]
}

export class MemoryGit implements GitSource {
  readonly #commits = new Map<CommitSha, Commit>()
  #head: CommitSha | undefined
  /** When set, the remote cannot be reached; what was fetched can be read. */
  isDown = false

  /** Commits the files (path to content) to the branch. */
  commit(
    files: Readonly<Record<string, string | Uint8Array>>,
    message = 'Change policy',
  ): CommitSha {
    const parents = this.#head === undefined ? [] : [this.#head]
    const content = JSON.stringify([files, message, parents])
    const sha = createHash('sha1').update(content).digest('hex') as CommitSha
    const header = { sha, author: 'A <a@example.com>', message, parents }
    this.#commits.set(sha, { header, files: Object.entries(files).map(toSourceFile) })
    this.#head = sha
    return sha
  }

  /** Moves the branch to a commit made before. */
  reset(commit: CommitSha): void {
    this.#head = commit
  }

  resolve: GitSource['resolve'] = async (ref) => {
    if (this.isDown)
      throw new GitSourceError('HostUnreachable', 'git.example.com cannot be reached')
    if (isCommitSha(ref)) return this.#get(ref).header.sha
    if (this.#head === undefined) throw new GitSourceError('RefNotFound', 'there is no branch main')
    return this.#head
  }

  read: GitSource['read'] = async ({ commit, wanted }) =>
    this.#get(commit).files.filter((file) => wanted(file.path))

  header: GitSource['header'] = async (commit) => this.#get(commit).header

  relation: GitSource['relation'] = async ({ from, to }) => {
    if (from === to) return 'same'
    // As of a cache that was begun anew: it tells nothing of what it never had.
    if (!this.#commits.has(from)) return 'unknown'
    if (this.#isAncestor(from, to)) return 'descendant'
    return this.#isAncestor(to, from) ? 'behind' : 'rewritten'
  }

  #isAncestor(older: CommitSha, newer: CommitSha): boolean {
    for (
      let sha: CommitSha | undefined = newer;
      sha !== undefined;
      sha = this.#get(sha).header.parents[0]
    )
      if (sha === older) return true
    return false
  }

  #get(sha: CommitSha): Commit {
    const commit = this.#commits.get(sha)
    if (commit === undefined)
      throw new GitSourceError('CommitNotFound', `there is no commit ${sha}`)
    return commit
  }
}

function toSourceFile([path, content]: readonly [string, string | Uint8Array]): SourceFile {
  const bytes = Buffer.from(content)
  const blob = createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex')
  return { path, blob, type: 'file', bytes }
}
