/** Which commit a repository is to enforce now: the pinned one, or the newest. Pure. */
import type { CommitSha } from '../../model/commit-sha.ts'
import type { CommitRecord } from '../commit-record.ts'
import type { ReconcileOutcome } from '../reconcile-outcome.ts'
import type { RepositoryState } from './repository-state.ts'

export interface Target {
  readonly commit: CommitSha | undefined
  /** Absent until a pass of this process has read the commit as the newest. */
  readonly record: CommitRecord | undefined
  /** How the last pass ended, when it was about this commit, or about none. */
  readonly outcome: ReconcileOutcome | undefined
}

export function targetOf({ records, outcome, pin }: RepositoryState): Target {
  const newest = records.at(-1)
  const commit = pin.type === 'holds' ? pin.pin.commit : (newest?.commit ?? outcome?.commit)
  const isOfAnother = outcome?.commit !== undefined && outcome.commit !== commit
  return {
    commit,
    record: newest?.commit === commit ? newest : undefined,
    outcome: isOfAnother ? undefined : outcome,
  }
}
