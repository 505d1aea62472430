/** What is known of a repository, for tests of its status and Events. */
import type { Instant } from '../../src/model/clock.ts'
import { type CommitSha, toCommitSha } from '../../src/model/commit-sha.ts'
import type { Problem } from '../../src/model/problem.ts'
import type { CommitRecord } from '../../src/reconciler/commit-record.ts'
import type { DriftReport } from '../../src/reconciler/drift/drift-report.ts'
import { readMeshRepository } from '../../src/reconciler/repositories/read-mesh-repository.ts'
import type { RepositorySpec } from '../../src/reconciler/repositories/repository-spec.ts'
import type { RepositoryState } from '../../src/reconciler/repositories/repository-state.ts'
import { aMeshRepository } from './control-cluster.ts'

export const START = Date.UTC(2026, 10, 21, 12) as Instant

export function at(seconds: number): Instant {
  return (START + seconds * 1_000) as Instant
}

/** `aaaa...`: a commit for each hexadecimal digit. */
export function sha(digit: string): CommitSha {
  return toCommitSha(digit.repeat(40))
}

export function aSpec(change: Partial<RepositorySpec> = {}): RepositorySpec {
  const spec = readMeshRepository(aMeshRepository())
  if (!spec.ok) throw new Error(spec.error.join('\n'))
  return { ...spec.value, ...change }
}

/** As a process that has just started knows it. */
export function aState(change: Partial<RepositoryState> = {}): RepositoryState {
  return {
    spec: { type: 'valid', spec: aSpec() },
    generation: 1,
    handledReconcileAt: undefined,
    records: [],
    outcome: undefined,
    pin: { type: 'none' },
    served: undefined,
    objects: undefined,
    proxies: { known: 0, connected: 0 },
    drifts: [],
    driftTotal: 0,
    now: START,
    ...change,
  }
}

/** A commit that was only read. */
export function aRecord(digit: string, change: Partial<CommitRecord> = {}): CommitRecord {
  return {
    commit: sha(digit),
    subject: `Commit ${digit}`,
    author: 'Ada <ada@example.com>',
    state: 'sourced',
    sourcedAt: START,
    problems: [],
    touched: 0,
    acked: 0,
    nacked: [],
    ...change,
  }
}

/** A commit that went through all stations, by the second: read, a second later validated, and so on. */
export function anEnforcedRecord(
  digit: string,
  second = 0,
  change: Partial<CommitRecord> = {},
): CommitRecord {
  return aRecord(digit, {
    state: 'enforced',
    sourcedAt: at(second),
    validatedAt: at(second + 1),
    appliedAt: at(second + 2),
    enforcedAt: at(second + 3),
    touched: 3,
    acked: 3,
    ...change,
  })
}

/** A repository whose newest commit is enforced. */
export function anEnforcedState(
  digit: string,
  second = 0,
  change: Partial<RepositoryState> = {},
): RepositoryState {
  return aState({
    records: [anEnforcedRecord(digit, second)],
    outcome: { type: 'synced', commit: sha(digit) },
    served: sha(digit),
    objects: 12,
    proxies: { known: 4, connected: 3 },
    now: at(second + 3),
    ...change,
  })
}

export function aProblem(change: Partial<Problem> = {}): Problem {
  return {
    code: 'PLB0301',
    severity: 'error',
    location: { file: 'access.yaml', line: 12, column: 5 },
    path: 'kind',
    message: 'there is no kind "TrafficTarge" in access.smi-spec.io',
    fix: 'write TrafficTarget',
    ...change,
  }
}

export function aDrift(change: Partial<DriftReport> = {}): DriftReport {
  return {
    object: {
      ...{ group: 'access.smi-spec.io', version: 'v1alpha3', kind: 'TrafficTarget' },
      ...{ namespace: 'bookstore', name: 'bookbuyer' },
    },
    location: { file: 'access.yaml', line: 1, column: 1 },
    commit: sha('a'),
    managers: ['kubectl-edit'],
    fields: ['.spec.sources'],
    action: 'restored',
    isFight: false,
    at: at(10),
    effect: {
      opened: ['bookstore/bookthief → bookstore/bookstore GET'],
      closed: [],
      traffic: [],
    },
    ...change,
  }
}
