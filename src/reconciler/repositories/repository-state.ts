/** All that is known of one repository at a moment: what its status and its Events are made from. */
import type { Instant } from '../../model/clock.ts'
import type { CommitSha } from '../../model/commit-sha.ts'
import type { CommitRecord } from '../commit-record.ts'
import type { DriftReport } from '../drift/drift-report.ts'
import type { ReconcileOutcome } from '../reconcile-outcome.ts'
import type { PinState } from './pin-state.ts'
import type { RepositorySpec } from './repository-spec.ts'

export interface RepositoryState {
  /** `refused`: the MeshRepository itself is wrong, or its scope is another's; sentences that say what to mend. */
  readonly spec:
    | { readonly type: 'valid'; readonly spec: RepositorySpec }
    | {
        readonly type: 'refused'
        readonly reason: RefusedReason
        readonly errors: readonly string[]
      }
  /** Of the MeshRepository whose spec this is. */
  readonly generation: number
  /** The value of the annotation by which somebody asked for a pass, once that pass has ended. */
  readonly handledReconcileAt: string | undefined
  /** Commits that this process has seen, oldest first. */
  readonly records: readonly CommitRecord[]
  /** How the last pass ended; absent before the first one did. */
  readonly outcome: ReconcileOutcome | undefined
  readonly pin: PinState
  /** The commit that proxies follow. */
  readonly served: CommitSha | undefined
  /** Objects in the inventory; absent before it was read. */
  readonly objects: number | undefined
  readonly proxies: { readonly known: number; readonly connected: number }
  /** The last drifts, oldest first, of this process. */
  readonly drifts: readonly DriftReport[]
  /** How many there were altogether, in this process. */
  readonly driftTotal: number
  readonly now: Instant
}

export type RefusedReason = 'InvalidSpec' | 'ScopeOverlap' | 'DependencyCycle'
