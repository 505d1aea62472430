/** What the main job found, as data: what `--json` prints, and what the tables are made from. */
import type { Ms } from '../../model/clock.ts'

/** One question put to real Envoys, and their answer. */
export interface Row {
  readonly from: string
  readonly to: string
  readonly request: string
  readonly expected: string
  readonly seen: string
  readonly ok: boolean
}

export interface CommitReport {
  readonly commit: string
  readonly subject: string
  /** How the commit ended: `enforced`, or `stalled` for a wrong one. */
  readonly state: string
  readonly proxiesTouched: number
  readonly proxiesAcked: number
  /** From the commit to the last ACK; absent for a commit that was refused. */
  readonly enforcedAfterMs?: Ms
  /** Who could newly call what, and who no longer can. */
  readonly access: readonly string[]
  readonly plan: readonly string[]
  /** What is wrong with the commit. */
  readonly problems: readonly string[]
}

export interface StepReport {
  readonly name: string
  readonly commit?: CommitReport
  readonly rows: readonly Row[]
  readonly ok: boolean
}

export interface StartReport {
  readonly ok: boolean
  readonly envoy: string
  readonly steps: readonly StepReport[]
  readonly commits: readonly CommitReport[]
  readonly elapsedMs: Ms
}
