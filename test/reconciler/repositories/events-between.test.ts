/** Which changes of a repository are worth an Event, and which are told once or never. */
import { describe, expect, it } from 'vitest'
import { ClusterError } from '../../../src/reconciler/cluster.ts'
import type { CommitRecord } from '../../../src/reconciler/commit-record.ts'
import { GitSourceError } from '../../../src/reconciler/git-source.ts'
import { eventsBetween } from '../../../src/reconciler/repositories/events-between.ts'
import type { RepositoryState } from '../../../src/reconciler/repositories/repository-state.ts'
import { toRepositoryStatus } from '../../../src/reconciler/repositories/to-repository-status.ts'
import {
  aDrift,
  anEnforcedRecord,
  anEnforcedState,
  aProblem,
  aRecord,
  aSpec,
  aState,
  at,
  sha,
} from '../../support/repository-states.ts'

const PIN = { commit: sha('a'), insteadOf: sha('b'), reason: 'the split', expiresAt: undefined }
const ENFORCED = anEnforcedState('a')

/** `Warning InvalidCommit`, through all the states in turn. */
function told(...states: readonly (RepositoryState | undefined)[]): readonly string[] {
  return states.slice(1).flatMap((after, index) => {
    if (after === undefined) throw new Error('a state has to follow')
    return eventsBetween(states[index], after).map(({ type, reason }) => `${type} ${reason}`)
  })
}

function failing(error: Error): RepositoryState {
  return { ...ENFORCED, outcome: { type: 'failed', error } }
}

const unreachable = failing(new GitSourceError('HostUnreachable', 'no route to the host'))

describe('a ref', () => {
  const moved = (
    relation: NonNullable<CommitRecord['relation']>,
    more: Partial<CommitRecord> = {},
  ) => ({
    ...ENFORCED,
    records: [
      ...ENFORCED.records,
      aRecord('b', { sourcedAt: at(10), relation, before: sha('a'), ...more }),
    ],
  })

  it.each(['behind', 'rewritten', 'unknown'] as const)(
    'that moves to a commit that is %s is told of, once, and after a restart too',
    (relation) => {
      const after = moved(relation)
      expect(told(ENFORCED, after, { ...after, now: at(60) })).toEqual(['Warning HistoryRewritten'])
      expect(told(undefined, after)).toContain('Warning HistoryRewritten')
      expect(eventsBetween(ENFORCED, after)[0]?.message).toContain(sha('a'))
    },
  )

  it('that moves on is no news, nor is one whose commit somebody has pinned', () => {
    expect(told(ENFORCED, moved('descendant'))).toEqual([])
    expect(told(ENFORCED, moved('behind', { insteadOf: sha('c') }))).toEqual([])
  })
})

describe('a commit', () => {
  const read = { ...ENFORCED, records: [...ENFORCED.records, aRecord('b', { sourcedAt: at(10) })] }
  const applied = {
    ...read,
    outcome: { type: 'synced', commit: sha('b') } as const,
    records: [aRecord('b', { sourcedAt: at(10), state: 'applied', appliedAt: at(12) })],
  }
  const enforced = anEnforcedState('b', 10)

  it('is told of when it is enforced, not at each station before', () => {
    expect(told(ENFORCED, read, applied, enforced, { ...enforced, now: at(60) })).toEqual([
      'Normal Enforced',
    ])
    expect(eventsBetween(applied, enforced)[0]?.message).toBe(
      'bbbbbbb is enforced: 3 of 3 proxies ACKed it ("Commit b")',
    )
  })

  it('is told of when the proxies have ACKed it before the pass has ended', () => {
    const early = { ...enforced, outcome: undefined }
    expect(told(read, early, enforced)).toEqual(['Normal Enforced'])
  })

  it('that was enforced before a restart, or a change of the spec, is no news', () => {
    const stored = toRepositoryStatus(enforced, undefined)
    const again = [undefined, aState(), { ...enforced, outcome: undefined }, enforced] as const
    const reasons = again
      .slice(1)
      .flatMap((after, index) => eventsBetween(again[index], after as RepositoryState, stored))
    expect(reasons).toEqual([])
    expect(eventsBetween(undefined, ENFORCED, stored).map(({ reason }) => reason)).toEqual([
      'Enforced',
    ])
  })

  it('with problems is told of once, with the first three by place', () => {
    const location = { file: 'routes.yaml', line: 3, column: 1 }
    const problems = [
      aProblem(),
      aProblem({ location, code: 'PLB0311', message: 'spec is missing' }),
      ...Array.from({ length: 3 }, () => aProblem()),
    ]
    const invalid = {
      ...read,
      outcome: { type: 'stalled', commit: sha('b'), problems },
    } as const
    const events = eventsBetween(read, invalid)
    expect(events).toEqual([
      {
        type: 'Warning',
        reason: 'InvalidCommit',
        message:
          'bbbbbbb has 5 problems: access.yaml:12:5 PLB0301 there is no kind "TrafficTarge" in access.smi-spec.io; routes.yaml:3:1 PLB0311 spec is missing; access.yaml:12:5 PLB0301 there is no kind "TrafficTarge" in access.smi-spec.io; and 2 more',
      },
    ])
    const again = { ...invalid, outcome: { ...invalid.outcome, problems: [...problems] } }
    expect(told(invalid, again)).toEqual([])
  })

  it('that cannot be applied is told of once, whatever the retries say', () => {
    const refused = (words: string) => ({
      ...read,
      outcome: { type: 'failed', commit: sha('b'), error: new ClusterError('Forbidden', words) },
    })
    expect(told(read, refused('a') as RepositoryState, refused('b') as RepositoryState)).toEqual([
      'Warning ApplyFailed',
    ])
  })

  it.each([
    ['allowance', 'Warning PruneBlocked'],
    ['objects', 'Warning WaitingForObjects'],
    ['dependency', 'Normal DependencyNotReady'],
  ] as const)('that waits for %s is told of once', (waitsFor, event) => {
    const waiting = (reason: string) =>
      ({
        ...read,
        outcome: { type: 'waiting', commit: sha('b'), waitsFor, reason, retryAfterMs: 1 },
      }) as const
    expect(told(read, waiting('1 object'), waiting('2 objects'))).toEqual([event])
  })

  it('that a proxy rejects is told of', () => {
    const rejected = {
      ...enforced,
      records: [anEnforcedRecord('b', 10, { state: 'rejected', acked: 2 })],
    }
    expect(told(applied, rejected, rejected, enforced)).toEqual([
      'Warning ProxiesRejected',
      'Normal Enforced',
    ])
  })
})

describe('git', () => {
  it('that fails is told of once for each reason, and so is the end of it', () => {
    const timedOut = failing(new GitSourceError('TimedOut', 'no answer'))
    const refused = failing(new GitSourceError('AuthenticationFailed', 'refused'))
    expect(told(ENFORCED, unreachable, timedOut, refused, refused, ENFORCED, ENFORCED)).toEqual([
      'Warning GitOperationFailed',
      'Warning AuthenticationFailed',
      'Normal Recovered',
    ])
    expect(eventsBetween(unreachable, ENFORCED)[0]?.message).toBe(
      'aaaaaaa is enforced: 3 of 3 proxies ACKed it; it was not Ready for GitOperationFailed',
    )
  })

  it('that fails at the very start is told of', () => {
    expect(told(undefined, failing(new GitSourceError('RefNotFound', 'no main')))).toEqual([
      'Warning GitOperationFailed',
    ])
  })
})

describe('the request', () => {
  const suspended = {
    ...ENFORCED,
    spec: { type: 'valid', spec: aSpec({ suspend: true }) },
  } as const
  const wrong = (error: string) =>
    ({ ...ENFORCED, spec: { type: 'refused', reason: 'InvalidSpec', errors: [error] } }) as const

  it('to suspend is told of, and to resume', () => {
    expect(told(ENFORCED, suspended, suspended, ENFORCED)).toEqual([
      'Normal Suspended',
      'Normal Resumed',
    ])
    expect(told(suspended, { ...ENFORCED, outcome: undefined })).toEqual(['Normal Resumed'])
  })

  it('to suspend is no news after a restart', () => {
    expect(told(undefined, suspended)).toEqual([])
  })

  it('that is wrong is told of once for each mistake', () => {
    expect(told(ENFORCED, wrong('spec.url'), wrong('spec.url'), wrong('spec.ref'))).toEqual([
      'Warning InvalidSpec',
      'Warning InvalidSpec',
    ])
  })
})

describe('a pin', () => {
  const holds = (digit = 'a') =>
    ({ ...ENFORCED, pin: { type: 'holds', pin: { ...PIN, commit: sha(digit) } } }) as const
  const over = (because: 'expired' | 'new-commit') =>
    ({ ...ENFORCED, pin: { type: 'over', pin: PIN, because } }) as const

  it('is told of when it is set, and when another is', () => {
    expect(eventsBetween(ENFORCED, holds())).toContainEqual({
      type: 'Normal',
      reason: 'Pinned',
      message: 'aaaaaaa is pinned in place of bbbbbbb: the split',
    })
    expect(told(holds(), holds('c'))).toContain('Normal Pinned')
    expect(told(holds(), holds())).toEqual([])
  })

  it.each([
    [over('expired'), 'its time is over'],
    [over('new-commit'), 'the ref names another commit'],
    [ENFORCED, 'it was taken away'],
  ])('is told of when it ends, and why', (after, because) => {
    expect(eventsBetween(holds(), after).find(({ reason }) => reason === 'PinOver')).toEqual({
      type: 'Normal',
      reason: 'PinOver',
      message: `aaaaaaa is not pinned any more: ${because}`,
    })
  })

  it('is no news after a restart, nor when it was over before', () => {
    expect(told(undefined, holds())).not.toContain('Normal Pinned')
    expect(told(over('expired'), ENFORCED)).toEqual([])
  })
})

describe('drift', () => {
  const with_ = (...drifts: RepositoryState['drifts']) => ({ ...ENFORCED, drifts })
  const [first, second] = [aDrift(), aDrift({ at: at(20) })]

  it('is told of each time, with who, what and what it would have meant', () => {
    expect(told(ENFORCED, with_(first), with_(first, second), with_(second))).toEqual([
      'Normal DriftCorrected',
      'Normal DriftCorrected',
    ])
    expect(eventsBetween(ENFORCED, with_(first))[0]?.message).toBe(
      'TrafficTarget bookstore/bookbuyer had .spec.sources changed by kubectl-edit and was put back; it would have opened bookstore/bookthief → bookstore/bookstore GET',
    )
  })

  it('that is left as it is, or fought over, is a warning', () => {
    const reported = aDrift({ action: 'reported' })
    const fight = aDrift({ isFight: true, advice: 'stop flagger, or delegate the weights to it' })
    expect(told(ENFORCED, with_(reported, fight))).toEqual([
      'Warning DriftReported',
      'Warning DriftFight',
    ])
    expect(eventsBetween(ENFORCED, with_(fight))[0]?.message).toContain('stop flagger')
  })

  it('says what it can of a deletion', () => {
    const gone = aDrift({ fields: [], managers: [], action: 'recreated' })
    expect(eventsBetween(ENFORCED, with_(gone))[0]?.message).toContain(
      'TrafficTarget bookstore/bookbuyer was deleted and was made again;',
    )
  })
})

it('keeps a message within what an Event takes', () => {
  const long = failing(new GitSourceError('RefNotFound', 'x'.repeat(5_000)))
  for (const { message } of eventsBetween(ENFORCED, long))
    expect(message.length).toBeLessThanOrEqual(1_000)
})
