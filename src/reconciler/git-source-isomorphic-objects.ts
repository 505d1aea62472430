/** Reads git objects of one repository on disk: bytes by object name, refs by full name. */
import git from 'isomorphic-git'
import { type CommitSha, isCommitSha } from '../model/commit-sha.ts'
import { messageOf } from '../model/message-of.ts'
import { type CommitObject, parseCommit, taggedObject } from './git/commit-object.ts'
import { ObjectStore } from './git/object-store.ts'
import type { ObjectType } from './git/pack-entry.ts'
import type { PackedObject } from './git/pack-file.ts'
import { parseTree, type TreeEntry } from './git/tree-entries.ts'
import { wholeFiles } from './git/whole-files.ts'
import { GitSourceError } from './git-source.ts'

/** The bytes on disk are not what they should be. A cache mends it by fetching anew; another repository needs its owner. */
export class DamagedObjectsError extends GitSourceError {
  constructor(message: string, cause: unknown) {
    super('RepositoryInvalid', message, { cause })
  }
}

/** Tags that name tags: more than anybody nests on purpose. */
const MAX_TAG_DEPTH = 5

export class ObjectReader {
  readonly gitdir: string
  readonly #store: ObjectStore

  constructor(options: { readonly gitdir: string; readonly maxObjectBytes: number }) {
    this.gitdir = options.gitdir
    this.#store = new ObjectStore(options)
  }

  packCount(): Promise<number> {
    return this.#store.packCount()
  }

  /** `undefined` when the repository has no such ref, or one that names no object yet. */
  async ref(name: string): Promise<string | undefined> {
    try {
      const oid = await git.resolveRef({ fs: wholeFiles, gitdir: this.gitdir, ref: name })
      return isCommitSha(oid) ? oid : undefined
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw this.#invalid(`its ref ${name}`, error)
    }
  }

  async setRef(name: string, commit: CommitSha): Promise<void> {
    const { gitdir } = this
    await git.writeRef({ fs: wholeFiles, gitdir, ref: name, value: commit, force: true })
  }

  /** A value of the repository's configuration. */
  async config(path: string): Promise<string | undefined> {
    const { gitdir } = this
    const value: unknown = await git.getConfig({ fs: wholeFiles, gitdir, path })
    return value === undefined ? undefined : String(value)
  }

  /** Follows annotated tags to the commit; `undefined` when what they name is no commit. */
  async peel(oid: string): Promise<CommitSha | undefined> {
    let at = oid
    for (let depth = 0; depth < MAX_TAG_DEPTH; depth += 1) {
      const object = await this.#object(at)
      if (object === undefined) throw this.#invalid(`object ${at}`, 'it is missing')
      if (object.type === 'commit' && isCommitSha(at)) return at
      const next = object.type === 'tag' ? taggedObject(object.bytes) : undefined
      if (next === undefined) return undefined
      at = next
    }
    return undefined
  }

  /** `undefined` when it is not there. */
  async commit(sha: CommitSha): Promise<CommitObject | undefined> {
    const object = await this.#object(sha)
    if (object === undefined || object.type !== 'commit') return undefined
    const commit = parseCommit(object.bytes)
    if (!commit.ok) throw this.#invalid(`commit ${sha}`, commit.error)
    return commit.value
  }

  async tree(oid: string): Promise<readonly TreeEntry[]> {
    const tree = parseTree(await this.#bytes(oid, 'tree'))
    if (!tree.ok) throw this.#invalid(`tree ${oid}`, tree.error)
    return tree.value
  }

  blob(oid: string): Promise<Uint8Array> {
    return this.#bytes(oid, 'blob')
  }

  async #bytes(oid: string, type: ObjectType): Promise<Uint8Array> {
    const object = await this.#object(oid)
    if (object === undefined) throw this.#invalid(`${type} ${oid}`, 'it is missing')
    if (object.type !== type) throw this.#invalid(`${type} ${oid}`, `it is a ${object.type}`)
    return object.bytes
  }

  /** `undefined` when it is not there. */
  async #object(oid: string): Promise<PackedObject | undefined> {
    const read = await this.#store.read(oid).catch((error: unknown) => {
      throw this.#invalid(`object ${oid}`, error)
    })
    switch (read.type) {
      case 'found':
        return read.object
      case 'missing':
        return undefined
      case 'damaged':
        throw this.#invalid(`object ${oid}`, read.reason)
      case 'tooLarge':
        throw new GitSourceError(
          'LimitExceeded',
          `object ${oid} of the repository at ${this.gitdir} is too large: ${read.reason}; keep large files out of the policy repository`,
        )
    }
  }

  #invalid(what: string, cause: unknown): GitSourceError {
    if (cause instanceof GitSourceError) return cause
    const reason = messageOf(cause)
    const sentence = `${what} of the repository at ${this.gitdir} cannot be read: ${reason}`
    // A disk that fails for the moment (EMFILE, EACCES, EIO) says nothing about what is on it.
    return cause instanceof Error && 'syscall' in cause
      ? new GitSourceError('RepositoryInvalid', sentence, { cause })
      : new DamagedObjectsError(sentence, cause)
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof git.Errors.NotFoundError
}
