/** How far proxies are with a commit: those of this replica, and of the others where there are any. */
import type { CommitSha } from '../../../model/commit-sha.ts'
import { type JoinedEnforcement, joinReports } from '../../../reconciler/election/join-reports.ts'
import type { ReplicaPresence } from '../../../reconciler/election/replica-presence.ts'
import type {
  ReplicaReport,
  RepositoryReport,
} from '../../../reconciler/election/replica-report.ts'
import type { ReplicaReports } from '../../../reconciler/election/replica-reports.ts'
import type { CommitOf, Enforcement } from '../../../xds/enforcement.ts'
import type { ProxyProgress } from '../status/progress-recorder.ts'

/** Rejected resources that other replicas are told the names of. */
const NAMED = 10

export interface FleetEnforcementOptions {
  /** Of the proxies that are connected here. */
  readonly local: (of: CommitOf) => Enforcement | undefined
  readonly proxies: () => number
  /** The commit of each repository that is served here. */
  readonly served: () => ReadonlyMap<string, CommitSha>
  /** Absent for a control plane that is the only one. */
  readonly replicas?: {
    readonly identity: string
    readonly presence: Pick<ReplicaPresence, 'report'>
    readonly reports: Pick<ReplicaReports, 'replicas' | 'current'>
  }
}

export class FleetEnforcement {
  readonly #options: FleetEnforcementOptions

  constructor(options: FleetEnforcementOptions) {
    this.#options = options
  }

  /** Tells the other replicas of what is true here now; costs nothing where nothing has changed. */
  tell(): void {
    this.#options.replicas?.presence.report(this.#own())
  }

  /** `undefined` for a commit that was never published here. */
  progress(of: CommitOf): ProxyProgress | undefined {
    const { local, replicas } = this.#options
    const here = local(of)
    if (replicas === undefined || here === undefined) return here
    const { identity, reports } = replicas
    // Who else there is, is not known yet: any of them may still have to ACK it.
    if (reports.current === undefined && here.state === 'enforced')
      return { ...here, state: 'enforcing' }
    const others = [...reports.replicas].filter(([name]) => name !== identity)
    const all = joinReports([this.#own(), ...others.map(([, report]) => report)])
    const joined = all.get(of.repository)?.get(of.commit)
    return joined === undefined ? here : toProgress(joined, here)
  }

  /** Proxies that are connected to this replica, and to the others. */
  get connected(): number {
    const { proxies, replicas } = this.#options
    const others = [...(replicas?.reports.replicas ?? [])]
      .filter(([name]) => name !== replicas?.identity)
      .map(([, report]) => report.proxies)
    return others.reduce((sum, count) => sum + count, proxies())
  }

  #own(): ReplicaReport {
    const { served, proxies } = this.#options
    const repositories = [...served()].map(
      ([repository, commit]) => [repository, this.#ownReport({ repository, commit })] as const,
    )
    return { proxies: proxies(), repositories: Object.fromEntries(repositories) }
  }

  /** A commit that is served, and not told of yet, is on its way. */
  #ownReport(of: CommitOf): RepositoryReport {
    const enforcement = this.#options.local(of)
    if (enforcement === undefined)
      return {
        ...{ commit: of.commit, state: 'enforcing', touched: 0, acked: 0 },
        ...{ nacked: [], nackedTotal: 0 },
      }
    const { commit, state, touched, acked, nacked } = enforcement
    const named = nacked
      .slice(0, NAMED)
      .map(({ proxy, type, name, error }) => ({ proxy, type, name, error }))
    return { commit, state, touched, acked, nacked: named, nackedTotal: nacked.length }
  }
}

/** What was rejected here is known with its policy lines; of the others' proxies only what they said. */
function toProgress(joined: JoinedEnforcement, here: Enforcement): ProxyProgress {
  const { state, touched, acked } = joined
  const own = new Set(here.nacked.map(({ proxy }) => proxy))
  const elsewhere = joined.nacked
    .filter(({ proxy }) => !own.has(proxy))
    .map((nack) => ({ ...nack, origins: [] }))
  return { state, touched, acked, nacked: [...here.nacked, ...elsewhere] }
}
