/** One policy repository that a control plane follows, as its MeshRepository (or the flags of `plumb run`) asks. */
import type { Instant, Ms } from '../../model/clock.ts'
import type { CommitSha } from '../../model/commit-sha.ts'
import type { PruneLimits } from '../plan/prune-guard.ts'
import type { Schedule } from '../schedule.ts'

export interface RepositorySpec {
  /** Its name in this cluster: a label value, and what owner marks say. */
  readonly name: string
  /** An https URL, or the path of a local repository. */
  readonly url: string
  /** Branch, tag or SHA. */
  readonly ref: string
  /** The folder of the repository that holds the policies; `''` for all of it. */
  readonly path: string
  readonly schedule: Schedule
  /** Time limit of one git operation. */
  readonly timeoutMs: Ms
  /** The Secret of the control namespace with `username` and `password`, or `bearerToken`. */
  readonly credentialsSecret: string | undefined
  /** The namespaces its objects may be in, and it may enroll; `undefined` for all of them. */
  readonly namespaces: readonly string[] | undefined
  readonly prune: 'enabled' | 'disabled'
  readonly pruneLimits: PruneLimits
  readonly drift: 'correct' | 'report'
  /** Nothing is read, written or put back; what is served stays. */
  readonly suspend: boolean
  readonly createNamespaces: boolean
  /** The service account of the control namespace in whose name its objects are written; `undefined` for our own. */
  readonly serviceAccount: string | undefined
  /** Repositories that have to be applied before each of its passes. */
  readonly dependsOn: readonly string[]
  readonly pin: Pin | undefined
}

/** A rollback: an older commit in place of the one that the ref names, until the ref moves on or the time is over. */
export interface Pin {
  readonly commit: CommitSha
  /** What the ref named when the pin was set: once it names another commit, the pin is over. */
  readonly insteadOf: CommitSha
  readonly reason: string
  /** Wall clock; `undefined` for none. */
  readonly expiresAt: Instant | undefined
}
