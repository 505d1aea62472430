/** The git port over smart HTTP: a cheap probe, an incremental fetch, and a cache that outlives the network. */
import type { Clock, Ms } from '../model/clock.ts'
import { type CommitSha, isCommitSha } from '../model/commit-sha.ts'
import type { Logger } from '../model/logger.ts'
import type { SourceFile } from '../model/source-file.ts'
import { CommitFiles } from './git/commit-files.ts'
import type { CommitObject } from './git/commit-object.ts'
import { commitRelation } from './git/commit-relation.ts'
import { withDeadline } from './git/deadline.ts'
import { Mutex } from './git/mutex.ts'
import { parseRefName, type RefName } from './git/ref-name.ts'
import { RemoteManners } from './git/remote-manners.ts'
import {
  type CommitHeader,
  type CommitRelation,
  type GitSource,
  GitSourceError,
} from './git-source.ts'
import { FETCHED, type GitCache } from './git-source-isomorphic-cache.ts'
import { fetchInto, findRef, type Remote, type RemoteRef } from './git-source-isomorphic-fetch.ts'
import { DamagedObjectsError, type ObjectReader } from './git-source-isomorphic-objects.ts'

export interface RemoteOptions {
  readonly remote: Remote
  readonly cache: GitCache
  /** In one generation: each read looks through all of them. */
  readonly maxPacks: number
  readonly timeoutMs: Ms
  readonly clock: Clock
  readonly log: Logger
}

type ReadRequest = Parameters<GitSource['read']>[0]

export class RemoteGitSource implements GitSource {
  readonly #options: RemoteOptions
  readonly #files = new CommitFiles()
  readonly #mutex = new Mutex()
  /** Fetched anew because its objects were damaged; a second time would not help. */
  #mended: CommitSha | undefined
  readonly #manners: RemoteManners

  constructor(options: RemoteOptions) {
    this.#options = options
    this.#manners = new RemoteManners({ clock: options.clock, url: options.remote.url })
  }

  async resolve(ref: string, signal: AbortSignal): Promise<CommitSha> {
    const name = parseRefName(ref)
    if (!name.ok) throw new GitSourceError('RefNotFound', name.error)
    return this.#limited(`asking ${this.#url} for ${ref}`, signal, (inner) =>
      this.#mutex.run(() => this.#resolve(ref, name.value, inner), inner),
    )
  }

  read(request: ReadRequest): Promise<readonly SourceFile[]> {
    const what = `reading commit ${request.commit} of ${this.#url}`
    return this.#limited(what, request.signal, async (signal) => {
      try {
        return await this.#read({ ...request, signal })
      } catch (error) {
        if (!(error instanceof DamagedObjectsError) || this.#mended === request.commit) throw error
        await this.#mend(request.commit, error)
        return this.#read({ ...request, signal })
      }
    })
  }

  header(commit: CommitSha, signal: AbortSignal): Promise<CommitHeader> {
    return this.#limited(`reading commit ${commit} of ${this.#url}`, signal, async (inner) => {
      const { author, message, parents } = await this.#commit(commit, inner)
      return { sha: commit, author, message, parents }
    })
  }

  relation(
    move: { readonly from: CommitSha; readonly to: CommitSha },
    signal: AbortSignal,
  ): Promise<CommitRelation> {
    return this.#limited(`comparing commits of ${this.#url}`, signal, () =>
      commitRelation(move, async (commit) => {
        const reader = await this.#options.cache.holding(commit)
        return (await reader?.commit(commit))?.parents
      }),
    )
  }

  get #url(): string {
    return this.#options.remote.url
  }

  #limited<T>(
    what: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock, timeoutMs } = this.#options
    return withDeadline({ clock, timeoutMs, what, signal }, work)
  }

  async #resolve(ref: string, name: RefName, signal: AbortSignal): Promise<CommitSha> {
    if (name.type === 'commit') return this.#bring(name.commit, signal)
    const found = await this.#manners.ask(() =>
      findRef(this.#options.remote, name.candidates, signal),
    )
    if (found === undefined)
      throw new GitSourceError(
        'RefNotFound',
        `${this.#url} has no branch or tag ${JSON.stringify(ref)}: it was never pushed, or was renamed or deleted; push it, or follow another`,
      )
    const known = isCommitSha(found.oid) && (await this.#options.cache.holding(found.oid))
    return known ? (found.oid as CommitSha) : this.#fetch(found, signal)
  }

  /** The commit, from the cache or else from the remote. */
  async #bring(commit: CommitSha, signal: AbortSignal): Promise<CommitSha> {
    if (await this.#options.cache.holding(commit)) return commit
    return this.#fetch({ name: commit, oid: commit }, signal)
  }

  #fetch(wanted: RemoteRef, signal: AbortSignal): Promise<CommitSha> {
    return this.#manners.fetch(wanted.oid, () => this.#fetchOrClone(wanted, signal))
  }

  async #fetchOrClone(wanted: RemoteRef, signal: AbortSignal): Promise<CommitSha> {
    const { cache, log, maxPacks } = this.#options
    const current = cache.current
    if (current !== undefined && (await current.packCount()) < maxPacks) {
      try {
        return await this.#fetchTo(current, wanted, signal)
      } catch (error) {
        if (signal.aborted || !isMendedByCloning(error)) throw error
        log.info('git cache is started anew', { repository: this.#url, reason: error.message })
      }
    }
    const fresh = await cache.begin()
    try {
      return await this.#fetchTo(fresh, wanted, signal)
    } catch (error) {
      await cache.discard(fresh, 'the clone did not end')
      throw error
    }
  }

  async #fetchTo(reader: ObjectReader, wanted: RemoteRef, signal: AbortSignal): Promise<CommitSha> {
    const { cache, remote } = this.#options
    const oid = await fetchInto(reader, remote, wanted.name, signal)
    const commit = await reader.peel(oid)
    if (commit === undefined)
      throw new GitSourceError(
        'RefNotFound',
        `${wanted.name} of ${this.#url} names no commit (object ${oid}); follow a branch, or a tag of a commit`,
      )
    await reader.setRef(FETCHED, commit)
    await cache.keep(reader)
    return commit
  }

  async #read(request: ReadRequest): Promise<readonly SourceFile[]> {
    const { tree } = await this.#commit(request.commit, request.signal)
    const reader = await this.#options.cache.holding(request.commit)
    if (reader === undefined) throw this.#notFound(request.commit)
    return this.#files.read(reader, { ...request, tree })
  }

  async #commit(commit: CommitSha, signal: AbortSignal): Promise<CommitObject> {
    // What is at hand is read at once, even while a fetch waits for a server that stalls.
    if ((await this.#options.cache.holding(commit)) === undefined)
      await this.#mutex.run(() => this.#bring(commit, signal), signal)
    const reader = await this.#options.cache.holding(commit)
    const found = await reader?.commit(commit)
    if (found === undefined) throw this.#notFound(commit)
    return found
  }

  async #mend(commit: CommitSha, damage: DamagedObjectsError): Promise<void> {
    const { cache } = this.#options
    this.#mended = commit
    const damaged = await cache.holding(commit)
    if (damaged !== undefined) await cache.discard(damaged, damage.message)
  }

  #notFound(commit: CommitSha): GitSourceError {
    return new GitSourceError('CommitNotFound', `${this.#url} has no commit ${commit}`)
  }
}

/** More than an ordinary push, or a cache that cannot be trusted: a fresh shallow clone settles both. */
function isMendedByCloning(error: unknown): error is GitSourceError {
  return (
    error instanceof DamagedObjectsError ||
    (error instanceof GitSourceError && error.code === 'LimitExceeded')
  )
}
