/** Which repositories wait for others, and for whom nobody can wait. */
import { describe, expect, it } from 'vitest'
import { ClusterError } from '../../../src/reconciler/cluster.ts'
import { dependencyCycles } from '../../../src/reconciler/repositories/dependency-cycles.ts'
import { dependencyWait } from '../../../src/reconciler/repositories/dependency-wait.ts'
import type { RepositoryState } from '../../../src/reconciler/repositories/repository-state.ts'
import {
  anEnforcedRecord,
  anEnforcedState,
  aProblem,
  aRecord,
  aSpec,
  aState,
  sha,
} from '../../support/repository-states.ts'

describe('a cycle', () => {
  const cyclesOf = (edges: Readonly<Record<string, readonly string[]>>) =>
    Object.fromEntries(
      dependencyCycles(Object.entries(edges).map(([name, dependsOn]) => ({ name, dependsOn }))),
    )

  it('is no chain, no fork that comes together again, and no missing repository', () => {
    expect(cyclesOf({ a: ['b'], b: ['c'], c: [] })).toEqual({})
    expect(cyclesOf({ a: ['b', 'c'], b: ['d'], c: ['d'], d: ['nobody'] })).toEqual({})
  })

  it('is told to each in it, as it goes from there, and to nobody beside it', () => {
    expect(cyclesOf({ a: ['b'], b: ['c'], c: ['b', 'd'], d: [] })).toEqual({
      b: 'spec.dependsOn closes the cycle b → c → b; take one of these dependencies out',
      c: 'spec.dependsOn closes the cycle c → b → c; take one of these dependencies out',
    })
  })

  it('is the shortest of several', () => {
    const cycles = cyclesOf({ a: ['b', 'c'], b: ['c'], c: ['a'] })
    expect(cycles['a']).toContain(' a → c → a;')
    expect(cycles['b']).toContain(' b → c → a → b;')
  })

  it('is found fast among many', () => {
    const names = Array.from({ length: 60 }, (_, index) => `r${index}`)
    const all = Object.fromEntries(names.map((name, index) => [name, names.slice(index + 1)]))
    expect(cyclesOf(all)).toEqual({})
    expect(Object.keys(cyclesOf({ ...all, r59: ['r0'] })).length).toBe(60)
  })
})

describe('a repository', () => {
  const waitFor = (roots: RepositoryState | undefined, others = anEnforcedState('c')) =>
    dependencyWait({ dependsOn: ['others', 'roots'] }, (name) =>
      name === 'roots' ? roots : others,
    )
  const applied = aRecord('a', { state: 'applied' })

  it('waits for nobody when it depends on nobody', () => {
    expect(dependencyWait({ dependsOn: [] }, () => undefined)).toBe(undefined)
  })

  it.each([
    ['has enforced its newest commit', anEnforcedState('a')],
    [
      'has applied it, and proxies have not ACKed yet',
      anEnforcedState('a', 0, { records: [applied] }),
    ],
    [
      'has applied it, and a proxy has NACKed',
      anEnforcedState('a', 0, { records: [anEnforcedRecord('a', 0, { state: 'rejected' })] }),
    ],
    [
      'is suspended with a commit',
      anEnforcedState('a', 0, { spec: { type: 'valid', spec: aSpec({ suspend: true }) } }),
    ],
  ])('does not wait for one that %s', (_what, state) => {
    expect(waitFor(state)).toBe(undefined)
  })

  it.each<readonly [string, RepositoryState | undefined, string]>([
    ['does not exist', undefined, 'which does not exist; create it, or take it out'],
    ['was not read yet', aState(), 'which is about to apply its first commit'],
    [
      'has read a newer commit',
      anEnforcedState('a', 0, { records: [anEnforcedRecord('a'), aRecord('b')] }),
      'which is about to apply bbbbbbb',
    ],
    [
      'has problems',
      aState({ outcome: { type: 'stalled', commit: sha('b'), problems: [aProblem()] } }),
      'whose commit bbbbbbb has problems; correct it there',
    ],
    [
      'cannot be applied',
      anEnforcedState('a', 0, {
        outcome: { type: 'failed', error: new ClusterError('Forbidden', 'may not patch') },
      }),
      'whose last pass failed: may not patch',
    ],
    [
      'waits',
      anEnforcedState('a', 0, {
        outcome: { type: 'waiting', commit: sha('a'), reason: '12 objects', retryAfterMs: 1 },
      }),
      'which waits itself: 12 objects',
    ],
    [
      'is suspended without a commit',
      aState({ spec: { type: 'valid', spec: aSpec({ suspend: true }) } }),
      'which is suspended and has never applied a commit; resume it',
    ],
    [
      'is refused',
      anEnforcedState('a', 0, {
        spec: { type: 'refused', reason: 'ScopeOverlap', errors: ['spec.namespaces has bank'] },
      }),
      'which is refused (ScopeOverlap): spec.namespaces has bank',
    ],
  ])('waits for one that %s, and says why', (_what, state, why) => {
    expect(waitFor(state)).toContain(`it depends on the MeshRepository roots, ${why}`)
  })

  it('names the first that it waits for', () => {
    expect(waitFor(undefined, aState())).toContain('the MeshRepository others, which is about to')
  })
})
