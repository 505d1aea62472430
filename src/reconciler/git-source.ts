/**
 * The git port: commits in, files out; never a working directory.
 *
 * Promises: a SHA reads the same files for ever; an unknown ref, an unreachable host and refused credentials are told
 * apart; a commit that was read once is read again without the network; nothing outside the tree is read and no link is followed; size and count are bounded; an abort stops promptly.
 * Errors: `GitSourceError`, thrown.
 */
import type { Ms } from '../model/clock.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import type { SourceFile } from '../model/source-file.ts'

export interface ReadLimits {
  /** Entries of the tree under the path. */
  readonly maxFiles: number
  readonly maxFileBytes: number
  readonly maxTotalBytes: number
}

export interface CommitHeader {
  readonly sha: CommitSha
  readonly author: string
  /** The whole message. */
  readonly message: string
  readonly parents: readonly CommitSha[]
}

/**
 * How a ref moved: `descendant` is a fast-forward. `rewritten` is a force push: the commit before is not in the history of
 * this one. `behind` is a force push to an older commit: this one is in the history of the commit before. `unknown` means that
 * the history which would tell was never fetched.
 */
export type CommitRelation = 'same' | 'descendant' | 'behind' | 'rewritten' | 'unknown'

export interface GitSource {
  /** Resolves a branch, tag or SHA at the remote as it is now, fetching what is new. */
  resolve(ref: string, signal: AbortSignal): Promise<CommitSha>
  /** The entries under `path` (`''` for all) whose names `wanted` accepts, sorted by path. Blobs are cached by id. */
  read(options: {
    readonly commit: CommitSha
    readonly path: string
    readonly wanted: (path: string) => boolean
    readonly limits: ReadLimits
    readonly signal: AbortSignal
  }): Promise<readonly SourceFile[]>
  header(commit: CommitSha, signal: AbortSignal): Promise<CommitHeader>
  /** How `to` stands to `from`, the commit that the same ref named before. Asks nobody: answers from what was fetched. */
  relation(
    move: { readonly from: CommitSha; readonly to: CommitSha },
    signal: AbortSignal,
  ): Promise<CommitRelation>
}

export type GitSourceErrorCode =
  | 'RefNotFound'
  | 'PathNotFound'
  | 'CommitNotFound'
  | 'AuthenticationFailed'
  | 'HostUnreachable'
  | 'TimedOut'
  | 'LimitExceeded'
  | 'RepositoryInvalid'
  | 'Aborted'

/**
 * `message` is one sentence for the operator: what was asked of which URL (credentials removed), what came back, what to do.
 * `retryAfterMs` is set where the server asked for a pause; whatever is asked of the source before it is over fails at once.
 */
export class GitSourceError extends Error {
  readonly code: GitSourceErrorCode
  readonly retryAfterMs: Ms | undefined

  constructor(
    code: GitSourceErrorCode,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: Ms | undefined },
  ) {
    super(message, options)
    this.name = 'GitSourceError'
    this.code = code
    this.retryAfterMs = options?.retryAfterMs
  }
}
