/** How much a commit may take away without a word. */
import { describe, expect, it } from 'vitest'
import {
  DEFAULT_PRUNE_LIMITS,
  type PruneAllowance,
  parsePruneAllowance,
  refusePrune,
} from '../../../src/reconciler/plan/prune-guard.ts'

function refuse(count: number, owned: number, allowance?: PruneAllowance): string | undefined {
  return refusePrune({
    pruned: Array.from({ length: count }, (_, i) => `TrafficTarget a/${i}`),
    owned,
    desired: owned - count,
    limits: DEFAULT_PRUNE_LIMITS,
    allowance,
  })
}

it('lets a few go, however large a share they are', () => {
  expect(refuse(0, 10)).toBeUndefined()
  expect(refuse(3, 4)).toBeUndefined()
})

it('stops at a quarter of what is owned, and at ten objects', () => {
  expect(refuse(4, 16)).toBeUndefined()
  expect(refuse(4, 15)).toContain('4 of 15 objects would be pruned')
  expect(refuse(10, 1_000)).toBeUndefined()
  expect(refuse(11, 1_000)).toContain('`Plumbline-Allow-Prune: 11`')
})

it('lets as many go as the commit allows, and no more', () => {
  expect(refuse(11, 1_000, 11)).toBeUndefined()
  expect(refuse(11, 1_000, 10)).toBeDefined()
  expect(refuse(11, 1_000, 'all')).toBeUndefined()
})

it('empties a repository only when the commit says all', () => {
  expect(refuse(2, 2)).toContain('all 2 of the repository would be pruned')
  expect(refuse(2, 2, 2)).toBeDefined()
  expect(refuse(2, 2, 'all')).toBeUndefined()
})

describe('the trailer', () => {
  const rows: Record<string, readonly [string, PruneAllowance]> = {
    'is read from the last paragraph': ['Drop a team\n\nPlumbline-Allow-Prune: 40\n', 40],
    'stands beside others': ['S\n\nSigned-off-by: a\nplumbline-allow-prune: all\nX: y', 'all'],
    'counts where it comes last': ['S\n\nPlumbline-Allow-Prune: all\nPlumbline-Allow-Prune: 2', 2],
    'is read with CRLF': ['S\r\n\r\nPlumbline-Allow-Prune: 7\r\n', 7],
    'is nothing in the subject': ['Plumbline-Allow-Prune: all', undefined],
    'is nothing in the body': ['S\n\nPlumbline-Allow-Prune: all\n\nmore', undefined],
    'is nothing without a number': ['S\n\nPlumbline-Allow-Prune: yes', undefined],
    'is nothing with a sign': ['S\n\nPlumbline-Allow-Prune: -1', undefined],
  }
  it.each(Object.entries(rows))('%s', (_name, [message, allowance]) => {
    expect(parsePruneAllowance(message)).toBe(allowance)
  })
})
