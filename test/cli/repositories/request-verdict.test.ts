/** When a pass that was asked for has ended, and how. */
import { describe, expect, it } from 'vitest'
import { toRepositoryView } from '../../../src/cli/repositories/repository-view.ts'
import { type PassRequest, requestVerdict } from '../../../src/cli/repositories/request-verdict.ts'
import { RECONCILE_REQUESTED_AT } from '../../../src/reconciler/repositories/mesh-repository-kind.ts'
import type {
  ReadyReason,
  RepositoryStatus,
} from '../../../src/reconciler/repositories/repository-status.ts'
import {
  aCondition,
  aMeshRepository,
  aStatus,
  FIRST,
  SECOND,
} from '../../support/mesh-repositories.ts'

const AT = '2026-01-01T00:00:01.000Z'
const HANDLED = { lastHandledReconcileAt: AT }

function verdict(parts: Partial<RepositoryStatus>, request: Partial<PassRequest> = {}) {
  const view = toRepositoryView({ ...aMeshRepository(), status: aStatus(SECOND, parts) })
  return requestVerdict(view, { requestedAt: AT, generation: 1, ...request })
}

function notReady(reason: ReadyReason, message = 'no'): Partial<RepositoryStatus> {
  return { ...HANDLED, conditions: [aCondition({ status: 'False', reason, message })] }
}

describe('a pass that was asked for', () => {
  it('is enforced once it was done and the repository is Ready', () => {
    expect(verdict(HANDLED)).toEqual({
      type: 'enforced',
      text: 'mesh: commit 2222222 is enforced',
    })
  })

  it('is under way while the status is of an earlier request, or of an earlier spec', () => {
    expect(verdict({})).toBeUndefined()
    expect(verdict({ lastHandledReconcileAt: '2025-01-01T00:00:00.000Z' })).toBeUndefined()
    expect(verdict(HANDLED, { generation: 2 })).toBeUndefined()
    expect(verdict({ ...HANDLED, conditions: [] })).toBeUndefined()
  })

  it('is enforced by the pass of somebody who asked later, and not by one from before', () => {
    const later = '2026-01-01T00:00:09.000Z'
    const asked = (requestedAt: string, lastHandledReconcileAt: string) => {
      const { metadata, ...object } = aMeshRepository()
      const annotations = { [RECONCILE_REQUESTED_AT]: requestedAt }
      const status = aStatus(SECOND, { lastHandledReconcileAt })
      const view = toRepositoryView({ ...object, metadata: { ...metadata, annotations }, status })
      return requestVerdict(view, { requestedAt: AT, generation: 1 })?.type
    }
    expect(asked(later, later)).toBe('enforced')
    expect(asked(later, AT)).toBe('enforced')
    expect(asked(later, 'earlier')).toBeUndefined()
    expect(asked(AT, 'earlier')).toBeUndefined()
  })

  it.each(['Progressing', 'WaitingForProxies', 'WaitingForObjects', 'DependencyNotReady'] as const)(
    'is under way while it goes on by itself: %s',
    (reason) => {
      expect(verdict(notReady(reason))).toBeUndefined()
    },
  )

  it.each([
    'Suspended',
    'AuthenticationFailed',
    'GitOperationFailed',
    'InvalidCommit',
    'PruneBlocked',
    'ApplyFailed',
    'ClusterUnavailable',
    'ProxiesRejected',
    'InternalError',
  ] as const)('has failed with %s, and says so with the message', (reason) => {
    expect(verdict(notReady(reason, 'the why'))).toEqual({
      type: 'failed',
      text: `mesh: ${reason}: the why`,
    })
    expect(verdict({ ...notReady(reason), ...{ lastHandledReconcileAt: 'earlier' } })).toBe(
      undefined,
    )
  })

  it.each(['InvalidSpec', 'ScopeOverlap', 'DependencyCycle'] as const)(
    'is not waited for where there is none: %s',
    (reason) => {
      const { lastHandledReconcileAt: _, ...status } = notReady(reason, 'the why')
      expect(verdict(status)).toMatchObject({ type: 'failed' })
    },
  )

  it('lists what stopped it with the place, and how much more there is', () => {
    const error = { code: 'PLB0301', message: 'no such group', location: 'a.yaml:3:1' }
    const validated = { errors: [error], errorCount: 14 }
    expect(verdict({ ...notReady('InvalidCommit', 'it has problems'), validated })?.text).toBe(
      `mesh: InvalidCommit: it has problems
  a.yaml:3:1  PLB0301  no such group
  ... and 13 more`,
    )
  })

  it('does not say twice what the message says already', () => {
    const sourced = { errors: [{ code: 'HostUnreachable', message: 'no route' }], errorCount: 1 }
    const status = { ...notReady('GitOperationFailed', 'no route; 1111111 stays served'), sourced }
    expect(verdict(status)?.text).toBe('mesh: GitOperationFailed: no route; 1111111 stays served')
  })
})

describe('a rollback that was asked for', () => {
  const pin = { state: 'Over', commit: FIRST, insteadOf: SECOND } as const

  it('is not enforced while another commit is', () => {
    expect(verdict(HANDLED, { commit: FIRST })).toBeUndefined()
    expect(verdict({ ...HANDLED, commit: FIRST }, { commit: FIRST })?.type).toBe('enforced')
  })

  it('has failed where the pin was over at once', () => {
    const isNew = verdict(
      { ...HANDLED, pin: { ...pin, overBecause: 'NewCommit' } },
      { commit: FIRST },
    )
    expect(isNew).toMatchObject({
      type: 'failed',
      text: expect.stringMatching(/main names 2222222bbbbb by now/),
    })
    const late = verdict({ ...HANDLED, pin: { ...pin, overBecause: 'Expired' } }, { commit: FIRST })
    expect(late?.text).toBe(
      'mesh: the pin expired before it was applied; ask again with a longer --for',
    )
  })
})
