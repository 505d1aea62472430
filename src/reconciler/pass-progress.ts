/** What a pass tells while it runs: the stations of a commit, as data. A pass that finds nothing to do tells nothing. */
import type { Instant } from '../model/clock.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import type { Problem } from '../model/problem.ts'
import type { Intent } from '../policy/intent.ts'
import type { ApplyResult } from './apply.ts'
import type { CommitHeader, CommitRelation } from './git-source.ts'
import type { Plan } from './plan/step.ts'

export type PassProgress =
  /**
   * The branch names a commit that the pass before did not have. `relation` is to `before`, the last one that was accepted,
   * so that a rejected commit in between hides no way back; `first` when there is none.
   */
  | {
      readonly type: 'sourced'
      readonly commit: CommitSha
      readonly header: CommitHeader
      readonly relation: CommitRelation | 'first'
      readonly before?: CommitSha
      /** What the ref names: the commit is pinned in its place. */
      readonly insteadOf?: CommitSha
      readonly at: Instant
    }
  /** No error in any document, and the policy tests pass; `problems` are warnings. */
  | {
      readonly type: 'validated'
      readonly commit: CommitSha
      readonly intent: Intent
      readonly problems: readonly Problem[]
      readonly at: Instant
    }
  /** The commit has errors; nothing of it is done. */
  | {
      readonly type: 'rejected'
      readonly commit: CommitSha
      readonly problems: readonly Problem[]
      readonly at: Instant
    }
  /** What is about to be done; or, where `plan.blocked` says why, what is not. */
  | {
      readonly type: 'planned'
      readonly commit: CommitSha
      readonly plan: Plan
      readonly at: Instant
    }
  /** The plan was carried out; what failed is in the result. */
  | {
      readonly type: 'applied'
      readonly commit: CommitSha
      readonly plan: Plan
      readonly result: ApplyResult
      readonly at: Instant
    }
