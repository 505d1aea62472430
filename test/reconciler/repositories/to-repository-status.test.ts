/** What `kubectl get` says of a repository, at each point of its life. */
import { describe, expect, it } from 'vitest'
import { ClusterError } from '../../../src/reconciler/cluster.ts'
import { GitSourceError } from '../../../src/reconciler/git-source.ts'
import type { RepositoryState } from '../../../src/reconciler/repositories/repository-state.ts'
import type { RepositoryStatus } from '../../../src/reconciler/repositories/repository-status.ts'
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

const PIN = { commit: sha('a'), insteadOf: sha('b'), reason: 'the split', expiresAt: at(3_600) }
const NACK = {
  proxy: 'bookstore/bookstore-v1',
  type: 'Cluster',
  name: 'bookstore/bookstore|80',
  error: 'no such address',
  origins: [{ file: 'split.yaml', line: 3, column: 1 }],
}

/** `Ready=True Enforced`, and the other conditions that are there, with the message of Ready after that. */
function said(state: RepositoryState, previous?: RepositoryStatus): readonly string[] {
  const { conditions } = toRepositoryStatus(state, previous)
  return [
    ...conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`),
    conditions[0]?.message ?? '',
  ]
}

function failing(error: Error, change: Partial<RepositoryState> = {}): RepositoryState {
  return anEnforcedState('a', 0, { outcome: { type: 'failed', error }, ...change })
}

describe('the conditions', () => {
  it('are Ready only when every proxy that the newest commit touches has ACKed it', () => {
    expect(said(anEnforcedState('a'))).toEqual([
      'Ready=True Enforced',
      'aaaaaaa is enforced: 3 of 3 proxies ACKed it',
    ])
    const applied = aRecord('a', { state: 'applied', appliedAt: at(2), touched: 4, acked: 3 })
    expect(said(anEnforcedState('a', 0, { records: [applied] }))).toEqual([
      'Ready=Unknown WaitingForProxies',
      'Reconciling=True WaitingForProxies',
      'aaaaaaa is applied, and 3 of 4 proxies have ACKed it',
    ])
  })

  it('are Ready for a commit that changes no proxy', () => {
    const records = [anEnforcedRecord('a', 0, { touched: 0, acked: 0 })]
    expect(said(anEnforcedState('a', 0, { records }))[1]).toBe(
      'aaaaaaa is enforced: it changes no connected proxy',
    )
  })

  it('are not Ready any more once a newer commit was read', () => {
    const records = [anEnforcedRecord('a'), aRecord('b', { sourcedAt: at(10) })]
    expect(said(anEnforcedState('a', 0, { records }))).toEqual([
      'Ready=Unknown Progressing',
      'Reconciling=True Progressing',
      'bbbbbbb is being read',
    ])
  })

  it('are not Ready while a pass after a change of the spec is still to come', () => {
    expect(said(anEnforcedState('a', 0, { outcome: undefined, generation: 2 }))[0]).toBe(
      'Ready=Unknown WaitingForProxies',
    )
  })

  it('forget how a pass over an older commit ended', () => {
    const problems = [aProblem()]
    const outcome = { type: 'stalled', commit: sha('a'), problems } as const
    const records = [aRecord('a', { state: 'stalled' }), aRecord('b', { validatedAt: at(11) })]
    expect(said(aState({ outcome, records }))).toEqual([
      'Ready=Unknown Progressing',
      'Reconciling=True Progressing',
      'bbbbbbb is being validated, and applied',
    ])
  })

  it('say that nothing was read yet', () => {
    expect(said(aState())).toEqual([
      'Ready=Unknown Progressing',
      'Reconciling=True Progressing',
      'the repository is read for the first time',
    ])
  })

  it('say which credentials the host refused, that it is tried again, and what is served meanwhile', () => {
    const error = new GitSourceError('AuthenticationFailed', 'the host refused the credentials')
    expect(said(failing(error))).toEqual([
      'Ready=False AuthenticationFailed',
      'Reconciling=True AuthenticationFailed',
      'the host refused the credentials; aaaaaaa stays served',
    ])
  })

  it.each([
    ['GitOperationFailed', new GitSourceError('RefNotFound', 'no main')],
    ['ApplyFailed', new ClusterError('Forbidden', 'may not patch')],
    ['ClusterUnavailable', new ClusterError('Unavailable', 'connection refused')],
    ['ClusterUnavailable', new ClusterError('TooManyRequests', 'later')],
    ['InternalError', new Error('a bug')],
  ])('are %s for a pass that failed so', (reason, error) => {
    expect(said(failing(error, { served: undefined }))).toEqual([
      `Ready=False ${reason}`,
      `Reconciling=True ${reason}`,
      `${error.message}; nothing is served yet`,
    ])
  })

  it('are stalled by a commit with problems, and name the first by file, line and column', () => {
    const problems = [
      aProblem({ severity: 'warning', code: 'PLB0999' }),
      aProblem(),
      aProblem({ code: 'PLB0302' }),
    ]
    const outcome = { type: 'stalled', commit: sha('b'), problems } as const
    const records = [anEnforcedRecord('a'), aRecord('b', { state: 'stalled' })]
    expect(said(anEnforcedState('a', 0, { outcome, records }))).toEqual([
      'Ready=False InvalidCommit',
      'Stalled=True InvalidCommit',
      'bbbbbbb has 2 problems, aaaaaaa stays served; access.yaml:12:5 PLB0301 there is no kind "TrafficTarge" in access.smi-spec.io',
    ])
  })

  it.each([
    ['allowance', 'False PruneBlocked', 'Stalled'],
    ['dependency', 'False DependencyNotReady', 'Reconciling'],
    ['objects', 'False WaitingForObjects', 'Reconciling'],
    [undefined, 'False WaitingForObjects', 'Reconciling'],
  ] as const)('say who is waited for: %s', (waitsFor, ready, other) => {
    const outcome = { type: 'waiting', commit: sha('a'), reason: 'why', retryAfterMs: 1 } as const
    const state = anEnforcedState('a', 0, {
      outcome: { ...outcome, ...(waitsFor && { waitsFor }) },
    })
    const reason = ready.split(' ')[1] ?? ''
    expect(said(state)).toEqual([
      `Ready=${ready}`,
      `${other}=True ${reason}`,
      'why; aaaaaaa stays served',
    ])
  })

  it('wait without a commit, too', () => {
    const outcome = {
      type: 'waiting',
      reason: 'no commit is accepted yet',
      retryAfterMs: 1,
    } as const
    expect(said(aState({ outcome }))[0]).toBe('Ready=Unknown Progressing')
    expect(said(aState({ outcome: { ...outcome, waitsFor: 'dependency' } }))[0]).toBe(
      'Ready=False DependencyNotReady',
    )
  })

  it('are stalled by a NACK, with the words of the proxy and the place they come from', () => {
    const nacked = [NACK, { ...NACK, type: 'Listener' }]
    const records = [anEnforcedRecord('a', 0, { state: 'rejected', acked: 2, nacked })]
    expect(said(anEnforcedState('a', 0, { records }))).toEqual([
      'Ready=False ProxiesRejected',
      'Stalled=True ProxiesRejected',
      '1 of 3 proxies rejected aaaaaaa and keep what they had; Cluster bookstore/bookstore|80: no such address (split.yaml:3:1)',
    ])
  })

  it('are neither Ready nor not while the repository is suspended', () => {
    const spec = { type: 'valid', spec: aSpec({ suspend: true }) } as const
    expect(said(anEnforcedState('a', 0, { spec }))).toEqual([
      'Ready=Unknown Suspended',
      'suspended; aaaaaaa stays served',
    ])
  })

  it('are stalled by a spec that is refused', () => {
    const errors = ['spec.url is missing; write it', 'spec.ref is ""', 'spec.path is ".."']
    const spec = { type: 'refused', reason: 'InvalidSpec', errors } as const
    expect(said(anEnforcedState('a', 0, { spec }))).toEqual([
      'Ready=False InvalidSpec',
      'Stalled=True InvalidSpec',
      'spec.url is missing; write it; and 2 more mistakes',
    ])
  })

  it('say what is pinned, in place of what, until when and why', () => {
    const state = anEnforcedState('a', 0, { pin: { type: 'holds', pin: PIN } })
    expect(said(state)).toEqual([
      'Ready=True Enforced',
      'aaaaaaa is enforced: 3 of 3 proxies ACKed it; pinned in place of bbbbbbb until 2026-11-21T13:00:00.000Z (the split)',
    ])
  })

  it('are not Ready while the pin waits for its first pass, though its commit was enforced once', () => {
    const state = anEnforcedState('b', 0, {
      records: [anEnforcedRecord('a'), anEnforcedRecord('b', 10)],
      pin: { type: 'holds', pin: PIN },
    })
    expect(said(state)[0]).toBe('Ready=Unknown Progressing')
    expect(toRepositoryStatus(state, undefined).commitShort).toBe('aaaaaaa')
  })

  it('keep the moment of the last change of their status, whatever else changes', () => {
    const first = toRepositoryStatus(anEnforcedState('a'), undefined)
    const second = toRepositoryStatus(anEnforcedState('b', 100), first)
    expect(second.conditions[0]).toMatchObject({
      message: 'bbbbbbb is enforced: 3 of 3 proxies ACKed it',
      lastTransitionTime: '2026-11-21T12:00:03.000Z',
    })
    const third = toRepositoryStatus(failing(new Error('no'), { now: at(200) }), second)
    expect(third.conditions.map((one) => one.lastTransitionTime)).toEqual([
      '2026-11-21T12:03:20.000Z',
      '2026-11-21T12:03:20.000Z',
    ])
  })

  it('carry the generation that they are about', () => {
    const state = failing(new Error('no'), { generation: 7 })
    const { observedGeneration, conditions } = toRepositoryStatus(state, undefined)
    expect([observedGeneration, ...conditions.map((one) => one.observedGeneration)]).toEqual([
      7, 7, 7,
    ])
  })
})

describe('the stations', () => {
  it('name the last commit that reached each, and when', () => {
    const records = [
      anEnforcedRecord('a'),
      aRecord('b', { sourcedAt: at(10), validatedAt: at(11), state: 'validated' }),
    ]
    const status = toRepositoryStatus(anEnforcedState('a', 0, { records }), undefined)
    expect(
      (['sourced', 'validated', 'applied', 'enforced'] as const).map((name) => [
        status[name].commit?.[0],
        status[name].at?.slice(17),
      ]),
    ).toEqual([
      ['b', '10.000Z'],
      ['b', '11.000Z'],
      ['a', '02.000Z'],
      ['a', '03.000Z'],
    ])
    expect(status).toMatchObject({
      commit: sha('b'),
      commitShort: 'bbbbbbb',
      subject: 'Commit b',
      inventory: { objects: 12 },
      proxies: { known: 4, connected: 3 },
    })
  })

  it('count ACKs of the commit that is asked for', () => {
    const records = [
      anEnforcedRecord('a'),
      aRecord('b', { state: 'applied', appliedAt: at(12), touched: 4, acked: 1 }),
    ]
    const state = anEnforcedState('a', 0, { records })
    expect(toRepositoryStatus(state, undefined).enforced).toEqual({
      commit: sha('a'),
      at: '2026-11-21T12:00:03.000Z',
      errors: [],
      errorCount: 0,
      touched: 4,
      acked: 1,
      nacked: 0,
      summary: '1/4',
    })
  })

  it('count ACKs of the commit that is served while a newer one is refused', () => {
    const outcome = { type: 'stalled', commit: sha('b'), problems: [aProblem()] } as const
    const records = [anEnforcedRecord('a'), aRecord('b', { state: 'stalled' })]
    const state = anEnforcedState('a', 0, { records, outcome })
    expect(toRepositoryStatus(state, undefined)).toMatchObject({
      commit: sha('b'),
      enforced: { commit: sha('a'), summary: '3/3', errorCount: 0 },
    })
  })

  it('count nothing before a commit was applied, and say so of one that changes no proxy', () => {
    expect(toRepositoryStatus(aState(), undefined).enforced.summary).toBe('')
    const records = [anEnforcedRecord('a', 0, { touched: 0, acked: 0 })]
    const state = anEnforcedState('a', 0, { records })
    expect(toRepositoryStatus(state, undefined).enforced.summary).toBe('0/0')
  })

  it('say what git failed at', () => {
    const state = failing(new GitSourceError('HostUnreachable', 'no route'))
    expect(toRepositoryStatus(state, undefined)).toMatchObject({
      sourced: { commit: sha('a'), errors: [{ code: 'HostUnreachable', message: 'no route' }] },
      applied: { errors: [], errorCount: 0 },
    })
  })

  it('list the first ten problems of a commit by place, and count them all', () => {
    const problems = Array.from({ length: 12 }, () => aProblem())
    const outcome = { type: 'stalled', commit: sha('b'), problems } as const
    const records = [anEnforcedRecord('a'), aRecord('b', { state: 'stalled' })]
    const { validated } = toRepositoryStatus(
      anEnforcedState('a', 0, { outcome, records }),
      undefined,
    )
    expect(validated).toMatchObject({ commit: sha('a'), errorCount: 12 })
    expect(validated.errors.length).toBe(10)
    expect(validated.errors[0]).toEqual({
      code: 'PLB0301',
      message: 'there is no kind "TrafficTarge" in access.smi-spec.io; write TrafficTarget',
      location: 'access.yaml:12:5',
    })
  })

  it('say what the cluster refused, and what a prune waits for', () => {
    const forbidden = failing(new ClusterError('Forbidden', 'may not patch'))
    expect(toRepositoryStatus(forbidden, undefined).applied.errors).toEqual([
      { code: 'Forbidden', message: 'may not patch' },
    ])
    const waiting = { type: 'waiting', waitsFor: 'allowance', commit: sha('a') } as const
    const outcome = { ...waiting, reason: '12 objects', retryAfterMs: 1 }
    expect(
      toRepositoryStatus(anEnforcedState('a', 0, { outcome }), undefined).applied.errors,
    ).toEqual([{ code: 'PruneBlocked', message: '12 objects' }])
  })

  it('say what proxies rejected', () => {
    const nacked = [NACK]
    const records = [anEnforcedRecord('a', 0, { state: 'rejected', acked: 2, nacked })]
    expect(
      toRepositoryStatus(anEnforcedState('a', 0, { records }), undefined).enforced,
    ).toMatchObject({
      ...{ touched: 3, acked: 2, nacked: 1, summary: '2/3', errorCount: 1 },
      errors: [
        {
          code: 'NACK',
          message:
            'bookstore/bookstore-v1 rejected Cluster bookstore/bookstore|80: no such address',
          location: 'split.yaml:3:1',
        },
      ],
    })
  })

  it('name what the ref names as sourced, and the pinned commit as the one that is asked for', () => {
    const state = anEnforcedState('a', 20, {
      records: [anEnforcedRecord('b', 0), anEnforcedRecord('a', 20)],
      pin: { type: 'holds', pin: PIN },
    })
    expect(toRepositoryStatus(state, undefined)).toMatchObject({
      commitShort: 'aaaaaaa',
      sourced: { commit: sha('b'), at: '2026-11-21T12:00:00.000Z' },
      enforced: { commit: sha('a'), at: '2026-11-21T12:00:23.000Z' },
      pin: {
        state: 'Holds',
        commit: sha('a'),
        insteadOf: sha('b'),
        reason: 'the split',
        expiresAt: '2026-11-21T13:00:00.000Z',
      },
    })
  })

  it('say why a pin is over', () => {
    const pin = { type: 'over', pin: { ...PIN, reason: '' }, because: 'expired' } as const
    expect(toRepositoryStatus(anEnforcedState('b', 0, { pin }), undefined).pin).toEqual({
      state: 'Over',
      commit: sha('a'),
      insteadOf: sha('b'),
      expiresAt: '2026-11-21T13:00:00.000Z',
      overBecause: 'Expired',
    })
  })
})

describe('after a restart', () => {
  const before = toRepositoryStatus(
    anEnforcedState('b', 10, { records: [anEnforcedRecord('a'), anEnforcedRecord('b', 10)] }),
    undefined,
  )

  it('nothing is unsaid that the process before knew', () => {
    const fresh = aState({ now: at(500), proxies: { known: 4, connected: 3 } })
    expect(toRepositoryStatus(fresh, before)).toEqual(before)
  })

  it('a commit that is read and enforced again was so all the time', () => {
    const records = [anEnforcedRecord('b', 500, { touched: 0, acked: 0 })]
    const after = toRepositoryStatus(anEnforcedState('b', 500, { records }), before)
    expect({ ...after, conditions: [] }).toEqual({ ...before, conditions: [] })
  })

  it('a repository that is asked for something else is not Ready by what was known', () => {
    const [ready] = toRepositoryStatus(aState({ generation: 2 }), before).conditions
    expect(ready).toMatchObject({ status: 'Unknown', observedGeneration: 2 })
  })

  it('a suspended or refused one says so at once', () => {
    const spec = { type: 'valid', spec: aSpec({ suspend: true }) } as const
    expect(toRepositoryStatus(aState({ spec }), before).conditions[0]?.reason).toBe('Suspended')
  })

  it('the request that was answered stays answered, and the last drifts stay known', () => {
    const state = anEnforcedState('a', 0, {
      handledReconcileAt: 'now',
      drifts: [aDrift()],
      driftTotal: 1,
    })
    const stored = toRepositoryStatus(state, undefined)
    const after = toRepositoryStatus(anEnforcedState('a', 100), stored)
    expect(after).toMatchObject({
      lastHandledReconcileAt: 'now',
      drift: { total: 0, last: [{ object: 'TrafficTarget bookstore/bookbuyer' }] },
    })
  })
})

describe('the history', () => {
  const historyOf = (state: RepositoryState, previous?: RepositoryStatus) =>
    toRepositoryStatus(state, previous).history.map(
      ({ commit, state, sourcedAt }) => `${commit[0]} ${state} ${sourcedAt.slice(14, 19)}`,
    )

  it('is newest first, and keeps ten', () => {
    const records = [...'0123456789ab'].map((digit, index) => anEnforcedRecord(digit, index))
    const history = historyOf(anEnforcedState('b', 11, { records }))
    expect(history.length).toBe(10)
    expect([history[0], history[9]]).toEqual(['b enforced 00:11', '2 enforced 00:02'])
  })

  it('keeps the moments of earlier commits when they are read again', () => {
    const first = toRepositoryStatus(anEnforcedState('a', 5), undefined)
    const again = [anEnforcedRecord('a', 100), aRecord('b', { sourcedAt: at(200) })]
    expect(historyOf(aState({ records: again }), first)).toEqual([
      'b sourced 03:20',
      'a enforced 00:05',
    ])
  })

  it('gives a commit that comes back its new moment, and keeps that', () => {
    const [a, b, back] = [
      anEnforcedRecord('a'),
      anEnforcedRecord('b', 10),
      anEnforcedRecord('a', 20),
    ]
    const one = toRepositoryStatus(anEnforcedState('b', 10, { records: [a, b] }), undefined)
    const returned = anEnforcedState('a', 20, { records: [b, back] })
    const two = toRepositoryStatus(returned, one)
    expect(historyOf(returned, one)).toEqual(['a enforced 00:20', 'b enforced 00:10'])
    expect(historyOf(returned, two)).toEqual(['a enforced 00:20', 'b enforced 00:10'])
  })

  it('says that a commit was superseded which the process before had not finished', () => {
    const first = toRepositoryStatus(aState({ records: [aRecord('a')] }), undefined)
    expect(historyOf(aState({ records: [aRecord('b', { sourcedAt: at(9) })] }), first)).toEqual([
      'b sourced 00:09',
      'a superseded 00:00',
    ])
  })
})

it('repeats a request letter by letter', () => {
  const handledReconcileAt = 'Sat Nov  7 12:00:00 UTC 2026'
  expect(toRepositoryStatus(aState({ handledReconcileAt }), undefined)).toMatchObject({
    lastHandledReconcileAt: handledReconcileAt,
  })
})

it('lets no commit steer the terminal that prints it', () => {
  const subject = 'a\u001b[2Jb\u009bc\u202ed\ne'
  const records = [anEnforcedRecord('a', 0, { subject, author: subject })]
  const { history } = toRepositoryStatus(anEnforcedState('a', 0, { records }), undefined)
  expect(history[0]).toMatchObject({ subject: 'a [2Jb c d e', author: 'a [2Jb c d e' })
})

describe('the drifts', () => {
  it('are the last five, newest first, with who, what and what it would have meant', () => {
    const drifts = Array.from({ length: 7 }, (_, index) => aDrift({ at: at(index) }))
    const { drift } = toRepositoryStatus(
      anEnforcedState('a', 0, { drifts, driftTotal: 9 }),
      undefined,
    )
    expect(drift.total).toBe(9)
    expect(drift.last.map((one) => one.at.slice(17, 19))).toEqual(['06', '05', '04', '03', '02'])
    expect(drift.last[0]).toEqual({
      object: 'TrafficTarget bookstore/bookbuyer',
      managers: ['kubectl-edit'],
      fields: ['.spec.sources'],
      action: 'restored',
      isFight: false,
      effect: 'it would have opened bookstore/bookthief → bookstore/bookstore GET',
      at: '2026-11-21T12:00:06.000Z',
    })
  })
})

it('says the same of the same, at any time', () => {
  const state = anEnforcedState('a', 0, { drifts: [aDrift()], pin: { type: 'holds', pin: PIN } })
  const first = toRepositoryStatus(state, undefined)
  expect(toRepositoryStatus({ ...state, now: at(99_999) }, first)).toEqual(first)
  expect(JSON.parse(JSON.stringify(first))).toEqual(first)
})

it('is well below what etcd and kubectl can carry, however much there is to say', () => {
  // Three bytes a character: what a text of etcd costs at most.
  const long = '長い説明→'.repeat(10_000)
  const location = { file: long, line: 1, column: 1 }
  const nacked = Array.from({ length: 500 }, () => ({ ...NACK, error: long, origins: [location] }))
  const records = [...'0123456789abcdef'].map((digit) =>
    anEnforcedRecord(digit, 0, { subject: long, author: long, nacked, state: 'rejected' }),
  )
  const state = anEnforcedState('f', 0, {
    records,
    outcome: {
      type: 'stalled',
      commit: sha('f'),
      problems: Array.from({ length: 500 }, () => aProblem({ message: long, location })),
    },
    drifts: Array.from({ length: 100 }, () =>
      aDrift({
        managers: Array(100).fill(long) as string[],
        fields: Array(100).fill(long) as string[],
        effect: { opened: [long, long], closed: [long], traffic: [], note: long },
      }),
    ),
    handledReconcileAt: long,
    pin: { type: 'over', because: 'expired', pin: { ...PIN, reason: long } },
  })
  const text = JSON.stringify(toRepositoryStatus(state, undefined))
  expect(Buffer.byteLength(text)).toBeLessThan(64 * 1024)
})
