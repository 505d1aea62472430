/** One foreign change of an object of ours, and what was done about it. */
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
  /** `reported`: it was left as it is. */
  readonly action: 'restored' | 'recreated' | 'reported'
  /** Whether this object is changed and put back more than five times a minute. */
  readonly isFight: boolean
  readonly at: Instant
}
