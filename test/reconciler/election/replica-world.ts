/** Replicas that say they are there, and a leader that listens, on the election's world. */
import { onTestFinished } from 'vitest'
import { toCommitSha } from '../../../src/model/commit-sha.ts'
import type { JoinedReports } from '../../../src/reconciler/election/join-reports.ts'
import { LEASE } from '../../../src/reconciler/election/lease.ts'
import { ReplicaPresence } from '../../../src/reconciler/election/replica-presence.ts'
import type { ReplicaReport } from '../../../src/reconciler/election/replica-report.ts'
import { ReplicaReports } from '../../../src/reconciler/election/replica-reports.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'
import type { ElectionWorld, Way } from './election-world.ts'

export const COMMIT = toCommitSha('c'.repeat(40))

export function aReport(state: 'enforcing' | 'enforced', acked = 0): ReplicaReport {
  const report = { commit: COMMIT, state, touched: 3, acked, nacked: [], nackedTotal: 0 }
  return { proxies: 3, repositories: { policies: report } }
}

export interface TestPresence {
  readonly presence: ReplicaPresence
  readonly way: Way
}

export function aPresence(world: ElectionWorld, identity: string): TestPresence {
  const way = world.way()
  const { clock, log } = world
  const entropy = new SeededEntropy()
  const shell = { clock, log, entropy, namespace: 'default', identity }
  const presence = new ReplicaPresence({ ...shell, cluster: way })
  onTestFinished(async () => {
    way.is('down')
    await presence.close()
  })
  return { presence, way }
}

export interface Listener {
  readonly reports: ReplicaReports
  readonly way: Way
  readonly heard: JoinedReports[]
  state(): string | undefined
}

export function aListener(world: ElectionWorld): Listener {
  const way = world.way()
  const { clock, log } = world
  const heard: JoinedReports[] = []
  const entropy = new SeededEntropy()
  const shell = { clock, log, entropy, namespace: 'default', cluster: way }
  const reports = new ReplicaReports({ ...shell, onChange: (joined) => heard.push(joined) })
  onTestFinished(async () => {
    way.is('up')
    await reports.close()
  })
  const state = () => reports.current?.get('policies')?.get(COMMIT)?.state
  return { reports, way, heard, state }
}

export async function leases(world: ElectionWorld): Promise<readonly string[]> {
  const { items } = await world.cluster.list(LEASE, { namespace: 'default' })
  return items.map(({ metadata }) => metadata.name)
}
