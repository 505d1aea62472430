/** What a rollback pins, and what it says when there is nothing to pin. */
import { describe, expect, it } from 'vitest'
import { toRepositoryView } from '../../../src/cli/repositories/repository-view.ts'
import { planRollback, type RollbackRequest } from '../../../src/cli/repositories/rollback-plan.ts'
import type { Instant } from '../../../src/model/clock.ts'
import type {
  HistoryEntry,
  RepositoryStatus,
} from '../../../src/reconciler/repositories/repository-status.ts'
import {
  aMeshRepository,
  anEntry,
  aStatus,
  FIRST,
  SECOND,
  THIRD,
} from '../../support/mesh-repositories.ts'

const NOW = Date.parse('2026-01-01T12:00:00Z') as Instant
const HISTORY = [anEntry(THIRD), anEntry(SECOND), anEntry(FIRST)]

function plan(
  request: Partial<RollbackRequest> = {},
  status: Partial<RepositoryStatus> = {},
  spec: Readonly<Record<string, unknown>> = {},
) {
  const view = toRepositoryView({
    ...aMeshRepository('mesh', spec),
    status: aStatus(THIRD, { history: HISTORY, ...status }),
  })
  const asked = { commit: undefined, forMs: undefined, reason: undefined, now: NOW, ...request }
  const planned = planRollback(view, asked)
  return planned.ok ? planned.value : planned.error
}

/** A commit that stopped before the proxies. */
function stopped(commit: string): HistoryEntry {
  const { enforcedAt: _, ...entry } = anEntry(commit, { state: 'stalled' })
  return entry
}

describe('a rollback', () => {
  it('pins the last commit that was enforced before the current one, in place of what the ref names', () => {
    expect(plan()).toEqual({
      pin: { commit: SECOND, insteadOf: THIRD },
      to: anEntry(SECOND),
      from: anEntry(THIRD),
    })
  })

  it('passes over commits that were never enforced', () => {
    const history = [anEntry(THIRD), stopped(SECOND), anEntry(FIRST)]
    expect(plan({}, { history })).toMatchObject({ pin: { commit: FIRST } })
  })

  it('goes from a commit that stopped to the one that is served', () => {
    const history = [stopped(THIRD), anEntry(SECOND)]
    expect(plan({}, { history })).toMatchObject({ pin: { commit: SECOND, insteadOf: THIRD } })
  })

  it('goes further back from a commit that is pinned already, in place of the same tip', () => {
    const pin = { commit: SECOND, insteadOf: THIRD }
    const history = [anEntry(SECOND), anEntry(THIRD), anEntry(FIRST)]
    const further = plan({}, { commit: SECOND, history }, { pin })
    expect(further).toMatchObject({ pin: { commit: FIRST, insteadOf: THIRD } })
  })

  it('carries its reason and its expiry', () => {
    expect(plan({ forMs: 7_200_000, reason: 'error rate' })).toMatchObject({
      pin: { reason: 'error rate', expiresAt: '2026-01-01T14:00:00.000Z' },
    })
  })

  it('takes the beginning of a commit of the history, and all of any other', () => {
    const other = 'f'.repeat(40)
    expect(plan({ commit: FIRST.slice(0, 7).toUpperCase() })).toMatchObject({
      pin: { commit: FIRST },
    })
    expect(plan({ commit: other })).toEqual({
      pin: { commit: other, insteadOf: THIRD },
      to: undefined,
      from: anEntry(THIRD),
    })
  })

  it.each([
    ['a beginning that no commit has', { commit: 'abcdef' }, /"abcdef" begins no commit in the/],
    ['one that is too short', { commit: '111' }, /"111" is no commit, nor the beginning of one/],
    ['a name', { commit: 'main' }, /"main" is no commit, nor the beginning of one/],
    ['the commit that the ref names', { commit: THIRD }, /is what main names, and needs no pin/],
  ])('is refused for %s', (_name, request, error) => {
    expect(plan(request)).toMatch(error)
  })

  it('shows what can be chosen where a commit is not found, each once', () => {
    const said = String(plan({ commit: 'abcdef' }))
    expect(said.split('\n').slice(1)).toEqual([
      '  3333333ccccc  subject of 333',
      '  2222222bbbbb  subject of 222',
      '  1111111aaaaa  subject of 111',
    ])
  })

  it('is refused for a beginning that two commits share', () => {
    const twin = `${FIRST.slice(0, 39)}0`
    const history = [...HISTORY, anEntry(twin)]
    expect(plan({ commit: '1111' }, { history })).toMatch(/"1111" begins 2 commits in the history/)
  })

  it('is refused where nothing else was enforced, or nothing was read', () => {
    expect(plan({}, { history: [anEntry(THIRD), stopped(SECOND)] })).toMatch(
      /no other commit in the history of mesh was ever enforced; name the one to go back to/,
    )
    expect(plan({}, { sourced: { errors: [], errorCount: 0 } })).toMatch(/has not read a commit/)
  })

  it('to the tip says how a pin is taken away', () => {
    const pin = { commit: SECOND, insteadOf: THIRD }
    expect(plan({ commit: THIRD }, { commit: SECOND }, { pin })).toMatch(
      /take the pin away with plumb rollback mesh --cancel/,
    )
  })
})
