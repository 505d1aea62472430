/** What became of one commit: sourced, validated, applied, enforced, or where it stopped and why. */
import type { Instant, Ms } from '../model/clock.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import type { Problem } from '../model/problem.ts'
import type { SourceLocation } from '../model/source-location.ts'
import type { CommitRelation } from './git-source.ts'

/** What a proxy would not take, and the policy lines that made it. */
export interface RejectedByProxy {
  readonly proxy: string
  /** The kind of xDS resource. */
  readonly type: string
  readonly name: string
  /** The proxy's own words, cut to 1 KiB. */
  readonly error: string
  readonly origins: readonly SourceLocation[]
}

export interface PlanCounts {
  readonly create: number
  readonly configure: number
  readonly prune: number
  readonly unchanged: number
}

export interface CommitRecord {
  readonly commit: CommitSha
  /** First line of the message. */
  readonly subject: string
  readonly author: string
  readonly state:
    | 'sourced'
    | 'validated'
    | 'applied'
    | 'enforced'
    /** A proxy has NACKed what the commit makes of its configuration; it keeps the last version it ACKed. */
    | 'rejected'
    /** The commit is wrong: nothing of it was done, and the last good commit keeps serving. */
    | 'stalled'
    /** The world failed: the pass is tried again. */
    | 'failed'
    /** Waits for somebody, as a prune beyond the limit does. */
    | 'waiting'
    /** A newer commit came before this one was enforced. */
    | 'superseded'
  readonly sourcedAt: Instant
  /** How the ref moved, from `before`; `first` without one. Anything but `same` and `descendant` deserves a look. */
  readonly relation?: CommitRelation | 'first'
  /** The commit that was accepted last when this one was sourced. */
  readonly before?: CommitSha
  /** What the ref named: this commit was pinned in its place. */
  readonly insteadOf?: CommitSha
  readonly validatedAt?: Instant
  readonly appliedAt?: Instant
  readonly enforcedAt?: Instant
  /** From the moment the commit was sourced to the last ACK. */
  readonly enforcedAfterMs?: Ms
  readonly problems: readonly Problem[]
  readonly plan?: PlanCounts
  /** The plan, a line a step. */
  readonly planLines?: readonly string[]
  /** Who could newly call what, and who no longer can, against the commit before; a line each. */
  readonly access?: readonly string[]
  /** Connected proxies whose configuration the commit changes. */
  readonly touched: number
  /** Those of them that have ACKed all of it. */
  readonly acked: number
  readonly nacked: readonly RejectedByProxy[]
  /** Why the commit stopped, where it did. */
  readonly reason?: string
}

/** Whether nothing more will happen to the commit without a new one, a person or a retry. */
export function isSettled(record: Pick<CommitRecord, 'state'>): boolean {
  switch (record.state) {
    case 'sourced':
    case 'validated':
    case 'applied':
      return false
    case 'enforced':
    case 'rejected':
    case 'stalled':
    case 'failed':
    case 'waiting':
    case 'superseded':
      return true
  }
}
