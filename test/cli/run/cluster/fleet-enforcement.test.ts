import { describe, expect, it } from 'vitest'
import { FleetEnforcement } from '../../../../src/cli/run/cluster/fleet-enforcement.ts'
import type { CommitSha } from '../../../../src/model/commit-sha.ts'
import type {
  ReplicaReport,
  RepositoryReport,
} from '../../../../src/reconciler/election/replica-report.ts'
import type { Enforcement } from '../../../../src/xds/enforcement.ts'
import { sha } from '../../../support/repository-states.ts'

const commit = sha('a')
const of = { repository: 'books', commit }

function here(change: Partial<Enforcement> = {}): Enforcement {
  return {
    ...{ ...of, state: 'enforced', touched: 2, acked: 2, nacked: [], waitingFor: [] },
    ...{ elapsedMs: 1, sinceMs: 1, ...change },
  }
}

function there(change: Partial<RepositoryReport> = {}): ReplicaReport {
  const report = { commit, state: 'enforced', touched: 1, acked: 1, nacked: [], nackedTotal: 0 }
  return { proxies: 3, repositories: { books: { ...report, ...change } as RepositoryReport } }
}

function aFleet(local: Enforcement | undefined, others?: Readonly<Record<string, ReplicaReport>>) {
  const told: ReplicaReport[] = []
  const current = others === undefined ? undefined : new Map()
  const fleet = new FleetEnforcement({
    local: () => local,
    proxies: () => 2,
    served: () => new Map<string, CommitSha>([['books', commit]]),
    replicas: {
      identity: 'me',
      presence: { report: (report) => told.push(report) },
      reports: { current, replicas: new Map(Object.entries(others ?? {})) },
    },
  })
  return { fleet, told }
}

describe('a commit that several replicas serve', () => {
  it('is enforced when the proxies of all have ACKed it, and they are counted together', () => {
    const { fleet } = aFleet(here(), { other: there() })
    expect(fleet.progress(of)).toMatchObject({ state: 'enforced', touched: 3, acked: 3 })
    expect(fleet.connected).toBe(5)
  })

  it('is not while those of another have not', () => {
    const { fleet } = aFleet(here(), { other: there({ state: 'enforcing', acked: 0 }) })
    expect(fleet.progress(of)).toMatchObject({ state: 'enforcing', touched: 3, acked: 2 })
  })

  it('is not while another serves an older one', () => {
    const { fleet } = aFleet(here(), { other: there({ commit: sha('b') }) })
    expect(fleet.progress(of)?.state).toBe('enforcing')
  })

  it('is not while it is not known who the others are', () => {
    expect(aFleet(here()).fleet.progress(of)?.state).toBe('enforcing')
    expect(aFleet(here(), {}).fleet.progress(of)?.state).toBe('enforced')
  })

  it('counts what this replica itself has reported once, and as it is by now', () => {
    const { fleet } = aFleet(here(), { me: there({ state: 'enforcing' }) })
    expect(fleet.progress(of)).toMatchObject({ state: 'enforced', touched: 2 })
  })

  it('is rejected when a proxy of another rejects it, in its words', () => {
    const nacked = [{ proxy: 'p9', type: 'route', name: 'r', error: 'no' }]
    const { fleet } = aFleet(here(), { other: there({ state: 'rejected', nacked }) })
    expect(fleet.progress(of)).toMatchObject({
      state: 'rejected',
      nacked: [{ ...nacked[0], origins: [] }],
    })
  })

  it('is on its way where it is served and nobody has been told yet', () => {
    const { fleet, told } = aFleet(undefined, {})
    expect(fleet.progress(of)).toBeUndefined()
    fleet.tell()
    expect(told).toMatchObject([{ proxies: 2, repositories: { books: { state: 'enforcing' } } }])
  })
})
