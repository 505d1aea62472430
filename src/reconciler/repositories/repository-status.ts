/** The `status` of a MeshRepository, as it is stored. Moments are RFC 3339 with milliseconds. Nothing in it is secret. */
import type { CommitRecord } from '../commit-record.ts'

/** Why a repository is Ready or is not. CamelCase, as Kubernetes has reasons; documented in docs/mesh-repository.md. */
export type ReadyReason =
  | 'Enforced'
  | 'Progressing'
  | 'WaitingForProxies'
  | 'WaitingForObjects'
  | 'DependencyNotReady'
  | 'Suspended'
  | 'AuthenticationFailed'
  | 'GitOperationFailed'
  | 'InvalidCommit'
  | 'PruneBlocked'
  | 'ApplyFailed'
  | 'ClusterUnavailable'
  | 'ProxiesRejected'
  | 'InternalError'
  | 'InvalidSpec'
  | 'ScopeOverlap'
  | 'DependencyCycle'

/** As kstatus reads it: `Reconciling` and `Stalled` are there only while they are true. */
export interface RepositoryCondition {
  readonly type: 'Ready' | 'Reconciling' | 'Stalled'
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: ReadyReason
  /** One sentence for a person. */
  readonly message: string
  readonly observedGeneration: number
  /** When `status` last changed. */
  readonly lastTransitionTime: string
}

export interface StatusError {
  /** `PLB0301`, or what the cluster or git calls the failure. */
  readonly code: string
  readonly message: string
  /** `bookstore/access.yaml:12:5`, where a document is at fault. */
  readonly location?: string
}

/** One of the four stations. */
export interface StationStatus {
  /** The last commit that reached it; absent before one did. */
  readonly commit?: string
  /** When it did. */
  readonly at?: string
  /** What keeps newer commits from it: the first ten. */
  readonly errors: readonly StatusError[]
  readonly errorCount: number
}

/** The counts are of the newest commit that was applied, whether it is enforced yet or not. */
export interface EnforcedStatus extends StationStatus {
  /** Connected proxies whose configuration it changes. */
  readonly touched: number
  /** Those that have ACKed all of it. */
  readonly acked: number
  /** Those that have NACKed some of it. */
  readonly nacked: number
  /** `3/4`: ACKed of touched; empty before a commit was applied. */
  readonly summary: string
}

export interface HistoryEntry {
  readonly commit: string
  /** First line of the message. */
  readonly subject: string
  readonly author: string
  readonly state: CommitRecord['state']
  readonly sourcedAt: string
  readonly enforcedAt?: string
}

export interface PinStatus {
  readonly state: 'Holds' | 'Over'
  readonly commit: string
  /** What the ref named when the pin was set. */
  readonly insteadOf: string
  readonly reason?: string
  readonly expiresAt?: string
  readonly overBecause?: 'NewCommit' | 'Expired'
}

export interface DriftEntry {
  /** `TrafficTarget bookstore/bookbuyer`. */
  readonly object: string
  /** Who changed it; empty where the cluster does not say, as for a deletion. */
  readonly managers: readonly string[]
  readonly fields: readonly string[]
  readonly action: 'restored' | 'recreated' | 'reported'
  /** What the change would have meant, had it been the commit. */
  readonly effect: string
  /** It is changed and put back again and again. */
  readonly isFight: boolean
  readonly at: string
}

export interface RepositoryStatus {
  /** Of the MeshRepository that all of this is about. */
  readonly observedGeneration: number
  readonly conditions: readonly RepositoryCondition[]
  /** The commit that is being enforced, or is: the pinned one, or the newest. */
  readonly commit?: string
  /** Its first seven digits. */
  readonly commitShort?: string
  /** The first line of its message. */
  readonly subject?: string
  /** With a pin: what the ref names, all the same. */
  readonly sourced: StationStatus
  readonly validated: StationStatus
  readonly applied: StationStatus
  readonly enforced: EnforcedStatus
  /** The last ten commits, newest first. */
  readonly history: readonly HistoryEntry[]
  readonly inventory?: { readonly objects: number }
  readonly proxies: { readonly known: number; readonly connected: number }
  readonly pin?: PinStatus
  /** `total` counts since the control plane started; `last` is newest first. */
  readonly drift: { readonly total: number; readonly last: readonly DriftEntry[] }
  /** The value of the annotation `plumbline.dev/reconcile-requested-at` whose pass has ended. */
  readonly lastHandledReconcileAt?: string
}
