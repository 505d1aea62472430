/** The cluster as one replica of several governs it: all read, and the one that leads writes. */
import type { ServiceAccount } from '../../../model/service-account.ts'
import { whenAborted } from '../../../model/when-aborted.ts'
import type { Cluster } from '../../../reconciler/cluster.ts'
import { gatedCluster } from '../../../reconciler/election/gated-cluster.ts'
import { runElection } from '../../../reconciler/election/leader-election.ts'
import { replicaIdentity } from '../../../reconciler/election/replica-identity.ts'
import { ReplicaPresence } from '../../../reconciler/election/replica-presence.ts'
import { ReplicaReports } from '../../../reconciler/election/replica-reports.ts'
import { CONTROL_NAMESPACE } from '../serving/control-plane-identity.ts'
import type { Shell } from '../shell.ts'
import { Leading } from './leading.ts'
import type { RunCluster } from './open-cluster.ts'

export interface Replicas {
  readonly identity: string
  readonly presence: ReplicaPresence
  readonly reports: ReplicaReports
}

export interface GovernedCluster {
  /** Refuses to write while another leads. */
  readonly cluster: Cluster
  readonly as: ((account: ServiceAccount) => Cluster) | undefined
  readonly leading: Leading
  /** Absent where there can be no other replica. */
  readonly replicas: Replicas | undefined
  /** Calls back when other replicas report something new. */
  onReports(listener: () => void): void
  /** Who leads, as far as is known here. */
  leader(): string | undefined
  /** Campaigns and leads until the signal aborts, and has given the lead away then. */
  govern(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface GovernOptions {
  readonly opened: RunCluster
  readonly shell: Shell
  /** The name of this machine, or pod. */
  readonly host: string
}

/** A cluster that only this process can reach is governed by it from the beginning. */
export function governCluster(options: GovernOptions): GovernedCluster {
  const { shared } = options.opened
  if (shared !== undefined) return governShared(options, shared)
  return {
    ...{ cluster: options.opened.cluster, as: undefined, replicas: undefined },
    leading: Leading.always(),
    onReports: () => undefined,
    leader: () => undefined,
    govern: whenAborted,
    close: async () => undefined,
  }
}

function governShared(
  { opened, shell, host }: GovernOptions,
  { as, election }: NonNullable<RunCluster['shared']>,
): GovernedCluster {
  const leading = new Leading()
  const identity = replicaIdentity(host, shell.entropy)
  const common = { ...shell, namespace: CONTROL_NAMESPACE, identity }
  const presence = new ReplicaPresence({ ...common, cluster: opened.cluster })
  const listeners = new Set<() => void>()
  const onChange = (): void => {
    for (const listener of listeners) listener()
  }
  const reports = new ReplicaReports({ ...common, cluster: opened.cluster, onChange })
  let holder: string | undefined
  return {
    cluster: gatedCluster(opened.cluster, leading),
    as: (account) => gatedCluster(as(account), leading),
    ...{ leading, replicas: { identity, presence, reports } },
    onReports: (listener) => listeners.add(listener),
    leader: () => holder,
    govern: async (signal) => {
      const lead = leading.lead.bind(leading)
      const onHolder = (name: string | undefined): void => {
        holder = name
        shell.log.info('leader', { leader: name, isThisReplica: name === identity })
      }
      await runElection({ ...common, cluster: election, lead, onHolder }, signal)
    },
    close: async () => {
      await reports.close()
      await presence.close()
    },
  }
}
