/** What all live replicas together say of each commit. Pure. */
import type { CommitSha } from '../../model/commit-sha.ts'
import type { NackedResource, ReplicaReport, RepositoryReport } from './replica-report.ts'

/** Rejected resources that are named; the rest are counted. */
const NAMED = 10

export interface JoinedEnforcement {
  readonly commit: CommitSha
  /**
   * `enforced` only when every live replica says so of this very commit: one that serves another, or nothing yet, holds it back.
   * `rejected` as soon as one does.
   */
  readonly state: RepositoryReport['state']
  /** Sums over the replicas that serve the commit. */
  readonly touched: number
  readonly acked: number
  readonly nacked: readonly NackedResource[]
  readonly nackedTotal: number
  /** Live replicas, and those of them that do not serve the commit. */
  readonly replicas: number
  readonly elsewhere: number
}

/** By repository, then by commit: every commit that some replica serves. */
export type JoinedReports = ReadonlyMap<string, ReadonlyMap<CommitSha, JoinedEnforcement>>

/** `reports`: one of each live replica. Of no replica nothing is known, and nothing is enforced. */
export function joinReports(reports: readonly ReplicaReport[]): JoinedReports {
  const names = new Set(reports.flatMap(({ repositories }) => Object.keys(repositories)))
  return new Map([...names].sort().map((name) => [name, joinRepository(name, reports)]))
}

function joinRepository(
  name: string,
  reports: readonly ReplicaReport[],
): ReadonlyMap<CommitSha, JoinedEnforcement> {
  const said = reports.flatMap(({ repositories }) => {
    const report = Object.hasOwn(repositories, name) ? repositories[name] : undefined
    return report === undefined ? [] : [report]
  })
  const commits = Map.groupBy(said, ({ commit }) => commit)
  return new Map(
    [...commits].map(([commit, serving]) => [commit, joinCommit(commit, serving, reports.length)]),
  )
}

function joinCommit(
  commit: CommitSha,
  serving: readonly RepositoryReport[],
  replicas: number,
): JoinedEnforcement {
  const elsewhere = replicas - serving.length
  const sum = (of: (report: RepositoryReport) => number) =>
    serving.reduce((total, report) => total + of(report), 0)
  return {
    ...{ commit, state: joinStates(serving, elsewhere), replicas, elsewhere },
    touched: sum(({ touched }) => touched),
    acked: sum(({ acked }) => acked),
    nacked: serving.flatMap(({ nacked }) => nacked).slice(0, NAMED),
    nackedTotal: sum(({ nackedTotal }) => nackedTotal),
  }
}

function joinStates(
  serving: readonly RepositoryReport[],
  elsewhere: number,
): RepositoryReport['state'] {
  const states = new Set(serving.map(({ state }) => state))
  if (states.has('rejected')) return 'rejected'
  if (states.has('superseded')) return 'superseded'
  return elsewhere === 0 && !states.has('enforcing') ? 'enforced' : 'enforcing'
}
