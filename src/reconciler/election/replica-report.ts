/** What one replica's own proxies say of each repository's commit. */
import type { CommitSha } from '../../model/commit-sha.ts'

export interface NackedResource {
  readonly proxy: string
  readonly type: string
  readonly name: string
  /** The proxy's own words. */
  readonly error: string
}

export interface RepositoryReport {
  /** What this replica serves of the repository. */
  readonly commit: CommitSha
  readonly state: 'enforcing' | 'enforced' | 'rejected' | 'superseded'
  /** Proxies that are connected here and whose configuration the commit changed. */
  readonly touched: number
  readonly acked: number
  /** The first of them; `nackedTotal` says how many there are. */
  readonly nacked: readonly NackedResource[]
  readonly nackedTotal: number
}

export interface ReplicaReport {
  /** Proxies connected to this replica. */
  readonly proxies: number
  /** By the repository's name. A repository that is not served here yet is not in it. */
  readonly repositories: Readonly<Record<string, RepositoryReport>>
}

/** Of a replica that serves nothing yet. */
export const EMPTY_REPORT: ReplicaReport = { proxies: 0, repositories: {} }
