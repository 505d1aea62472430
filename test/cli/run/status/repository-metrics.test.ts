import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { repositoryMetrics } from '../../../../src/cli/run/status/repository-metrics.ts'
import type { RepositoryState } from '../../../../src/reconciler/repositories/repository-state.ts'
import { anEnforcedState, aState, sha } from '../../../support/repository-states.ts'

async function scrape(states: Readonly<Record<string, RepositoryState>>, isLeading = true) {
  const registry = new Registry()
  const all = new Map(Object.entries(states))
  repositoryMetrics({ registry, states: () => all, isLeading: () => isLeading })
  const lines = async () =>
    (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return { all, lines }
}

describe('the metrics of repositories', () => {
  it('say which is ready, and why one is not', async () => {
    const error = new Error('a bug')
    const broken = aState({ outcome: { type: 'failed', error } })
    const { lines } = await scrape({ books: anEnforcedState('a'), bank: broken })
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'plumbline_leader 1',
        'plumbline_repository_ready{repository="books",reason="Enforced"} 1',
        'plumbline_repository_ready{repository="bank",reason="InternalError"} 0',
      ]),
    )
  })

  it('leave that to the replica that applies', async () => {
    const { lines } = await scrape({ books: anEnforcedState('a') }, false)
    const all = await lines()
    expect(all).toContain('plumbline_leader 0')
    expect(all.filter((line) => line.startsWith('plumbline_repository_ready'))).toEqual([])
  })

  it('say what is served, and forget a repository that is followed no more', async () => {
    const { all, lines } = await scrape({ books: aState({ served: sha('a'), objects: 12 }) })
    expect(await lines()).toEqual(
      expect.arrayContaining([
        `plumbline_repository_commit{repository="books",commit="${sha('a')}"} 1`,
        'plumbline_repository_objects{repository="books"} 12',
      ]),
    )
    all.delete('books')
    expect((await lines()).filter((line) => line.includes('books'))).toEqual([])
  })
})
