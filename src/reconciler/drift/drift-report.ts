/** One foreign change of an object of ours, what it would have meant, and what was done about it. Plain data. */
import type { Instant } from '../../model/clock.ts'
import type { CommitSha } from '../../model/commit-sha.ts'
import type { ObjectId } from '../../model/object-id.ts'
import type { SourceLocation } from '../../model/source-location.ts'

export interface DriftReport {
  readonly object: ObjectId
  /** Where the repository declares it. */
  readonly location: SourceLocation
  /** The commit it is measured against. */
  readonly commit: CommitSha
  /** Field managers that made the change; empty where the cluster does not say, as for a deletion. */
  readonly managers: readonly string[]
  /** As `.spec.backends`; empty for an object that was deleted. */
  readonly fields: readonly string[]
  /** For a split whose weights are delegated: why the live ones are not followed. */
  readonly delegation?: string
  /** When they wrote last, as the cluster has it (RFC 3339); absent where it does not say. */
  readonly editedAt?: string
  /** `reported`: it was left as it is. */
  readonly action: 'restored' | 'recreated' | 'reported'
  /** Whether this object is changed and put back more than five times a minute. */
  readonly isFight: boolean
  /** In a fight: who is on the other side, and how to end it. */
  readonly advice?: string
  /** When it was put back, or seen where it is left. */
  readonly at: Instant
  readonly effect: DriftEffect
}

/** Had the change been the commit: lines for people, ten of a sort at most and then a count of the others. No proxy saw it. */
export interface DriftEffect {
  /** Access it would have opened, as `bookstore/bookthief → bookstore/bookstore GET, e.g. GET /books`. */
  readonly opened: readonly string[]
  readonly closed: readonly string[]
  /** Where traffic would have gone: shares of splits, namespaces that enter or leave the mesh. */
  readonly traffic: readonly string[]
  /** What there is to say beside those, or instead of them. */
  readonly note?: string
}
