/** The end of a pass, as a value: what the loop decides by and what status pages show. */
import type { Ms } from '../model/clock.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import type { Problem } from '../model/problem.ts'

export type ReconcileOutcome =
  /** The cluster matches the commit. */
  | { readonly type: 'synced'; readonly commit: CommitSha }
  /** Nothing is wrong, but something has to happen first: an object that terminates, a prune that wants an allowance. */
  | {
      readonly type: 'waiting'
      /** Absent while no commit is known. */
      readonly commit?: CommitSha
      /** `allowance`: a prune beyond the limit wants one, so only a person helps. Objects, where it is not said. */
      readonly waitsFor?: 'allowance' | 'dependency' | 'objects'
      readonly reason: string
      readonly retryAfterMs: Ms
    }
  /** The commit is at fault and only another one helps; the last good commit keeps serving. */
  | {
      readonly type: 'stalled'
      readonly commit: CommitSha
      readonly problems: readonly Problem[]
    }
  /** The world is at fault: git, the cluster, the disk. `commit` is set once it was known. */
  | {
      readonly type: 'failed'
      readonly commit?: CommitSha
      readonly error: Error
      /** Where whoever failed asked for a pause. */
      readonly retryAfterMs?: Ms
    }
