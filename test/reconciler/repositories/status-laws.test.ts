/** Laws of the status, over random lives of a repository: what is stored settles, and never says Ready too early. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ClusterError } from '../../../src/reconciler/cluster.ts'
import type { CommitRecord } from '../../../src/reconciler/commit-record.ts'
import { GitSourceError } from '../../../src/reconciler/git-source.ts'
import type { ReconcileOutcome } from '../../../src/reconciler/reconcile-outcome.ts'
import type { RepositoryState } from '../../../src/reconciler/repositories/repository-state.ts'
import type { RepositoryStatus } from '../../../src/reconciler/repositories/repository-status.ts'
import { toRepositoryStatus } from '../../../src/reconciler/repositories/to-repository-status.ts'
import {
  aDrift,
  anEnforcedRecord,
  aProblem,
  aRecord,
  aSpec,
  aState,
  at,
  sha,
} from '../../support/repository-states.ts'

const digit = fc.constantFrom('a', 'b', 'c', 'd')
const second = fc.integer({ min: 0, max: 500 })

const record = fc
  .tuple(
    digit,
    second,
    fc.constantFrom<CommitRecord['state']>(
      'sourced',
      'validated',
      'applied',
      'enforced',
      'rejected',
    ),
    fc.integer({ min: 0, max: 4 }),
  )
  .map(([commit, from, state, touched]) =>
    state === 'enforced' || state === 'rejected'
      ? anEnforcedRecord(commit, from, { state, touched, acked: touched })
      : aRecord(commit, {
          state,
          sourcedAt: at(from),
          ...(state === 'applied' && { appliedAt: at(from + 1) }),
        }),
  )

const outcome = fc.oneof(
  fc.constant<ReconcileOutcome | undefined>(undefined),
  digit.map((commit): ReconcileOutcome => ({ type: 'synced', commit: sha(commit) })),
  digit.map(
    (commit): ReconcileOutcome => ({
      type: 'stalled',
      commit: sha(commit),
      problems: [aProblem()],
    }),
  ),
  digit.map(
    (commit): ReconcileOutcome => ({
      type: 'failed',
      commit: sha(commit),
      error: new ClusterError('Forbidden', 'no'),
    }),
  ),
  fc.constant<ReconcileOutcome>({ type: 'failed', error: new GitSourceError('TimedOut', 'no') }),
  fc.constant<ReconcileOutcome>({ type: 'waiting', reason: 'why', retryAfterMs: 1 }),
)

/** A restart is a state without records, outcome and drifts. */
const state: fc.Arbitrary<RepositoryState> = fc
  .record({
    records: fc.uniqueArray(record, { maxLength: 4, selector: ({ commit }) => commit }),
    outcome,
    generation: fc.integer({ min: 1, max: 3 }),
    isSuspended: fc.boolean(),
    isPinned: fc.boolean(),
    drifts: fc.array(second, { maxLength: 3 }),
    from: second,
    isRestart: fc.boolean(),
  })
  .map(({ isSuspended, isPinned, drifts, from, isRestart, ...known }) =>
    aState({
      ...(isRestart ? { generation: known.generation } : known),
      spec: { type: 'valid', spec: aSpec({ suspend: isSuspended }) },
      pin: isPinned
        ? {
            type: 'holds',
            pin: { commit: sha('a'), insteadOf: sha('b'), reason: '', expiresAt: undefined },
          }
        : { type: 'none' },
      drifts: isRestart
        ? []
        : drifts.toSorted((a, b) => a - b).map((time) => aDrift({ at: at(time) })),
      now: at(from),
    }),
  )

function live(states: readonly RepositoryState[]): RepositoryStatus | undefined {
  return states.reduce<RepositoryStatus | undefined>(
    (previous, one) => toRepositoryStatus(one, previous),
    undefined,
  )
}

it('is the same when it is made again from what was stored, at any later time', () => {
  fc.assert(
    fc.property(fc.array(state, { maxLength: 6 }), state, second, (before, last, later) => {
      const stored = toRepositoryStatus(last, live(before))
      const again = toRepositoryStatus({ ...last, now: at(1_000 + later) }, stored)
      expect(again).toEqual(stored)
      expect(JSON.parse(JSON.stringify(stored))).toEqual(stored)
    }),
    { numRuns: 1_000 },
  )
})

it('is Ready only for a pass that ended well, over the commit that is asked for, ACKed by all', () => {
  fc.assert(
    fc.property(state, (one) => {
      const { conditions, commit } = toRepositoryStatus(one, undefined)
      const newest = one.records.at(-1)
      const isDone =
        one.spec.type === 'valid' &&
        !one.spec.spec.suspend &&
        one.outcome?.type === 'synced' &&
        one.outcome.commit === commit &&
        newest?.commit === commit &&
        newest?.state === 'enforced' &&
        (one.pin.type !== 'holds' || commit === one.pin.pin.commit)
      expect(conditions[0]?.status === 'True').toBe(isDone)
    }),
    { numRuns: 1_000 },
  )
})

it('obeys kstatus: Ready first, and of Reconciling and Stalled one at most, never beside Ready', () => {
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 6 }), (states) => {
      const [ready, ...others] = live(states)?.conditions ?? []
      expect(ready?.type).toBe('Ready')
      expect(others.length).toBeLessThanOrEqual(1)
      for (const other of others) {
        expect(other.status).toBe('True')
        expect(ready?.status).not.toBe('True')
      }
    }),
    { numRuns: 300 },
  )
})

it('has each commit once in the history, and ten at most', () => {
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 6 }), (states) => {
      const commits = (live(states)?.history ?? []).map(({ commit }) => commit)
      expect(new Set(commits).size).toBe(commits.length)
      expect(commits.length).toBeLessThanOrEqual(10)
    }),
    { numRuns: 300 },
  )
})
