/** The lines that are printed while a commit passes the stations. */
import { describe, expect, it } from 'vitest'
import { toRepositoryView } from '../../../src/cli/repositories/repository-view.ts'
import { stationNews } from '../../../src/cli/repositories/station-news.ts'
import type { RepositoryStatus } from '../../../src/reconciler/repositories/repository-status.ts'
import {
  aCondition,
  aMeshRepository,
  aStatus,
  FIRST,
  SECOND,
} from '../../support/mesh-repositories.ts'

const OLD = aStatus(FIRST)
const NEW = aStatus(SECOND)
const unenforced = { ...OLD.enforced, touched: 4, acked: 1, summary: '1/4' }

/** The new commit has come as far as is said. */
function at(...stations: readonly ('validated' | 'applied' | 'enforced')[]): RepositoryStatus {
  const { validated, applied, enforced } = OLD
  const reached = Object.fromEntries(stations.map((name) => [name, NEW[name]]))
  return { ...NEW, validated, applied, enforced, ...reached }
}

function news(before: RepositoryStatus | undefined, after: RepositoryStatus) {
  const view = (status: RepositoryStatus | undefined) =>
    toRepositoryView({ ...aMeshRepository(), ...(status && { status }) })
  return stationNews(view(before), view(after))
}

describe('the news of a repository', () => {
  it('is each station that the commit has reached since', () => {
    expect(news(OLD, at())).toEqual(['sourced    2222222bbbbb "subject of 222"'])
    expect(news(at(), at('validated'))).toEqual(['validated  2222222bbbbb'])
    expect(news(at('validated'), at('validated', 'applied'))).toEqual([
      'applied    2222222bbbbb, 7 objects',
    ])
    expect(news(at('validated', 'applied'), NEW)).toEqual([
      'enforced   2222222bbbbb, 4 of 4 proxies have ACKed it',
    ])
  })

  it('leaves none out that was passed between two looks', () => {
    expect(news(undefined, NEW).map((line) => line.split(' ')[0])).toEqual([
      'sourced',
      'validated',
      'applied',
      'enforced',
    ])
  })

  it('is nothing where nothing has moved', () => {
    expect(news(NEW, { ...NEW, proxies: { known: 5, connected: 5 } })).toEqual([])
    const { commit: _, ...nothingRead } = OLD
    expect(news(undefined, nothingRead)).toEqual([])
  })

  it('counts the proxies that have ACKed while it waits for them', () => {
    const conditions = [aCondition({ status: 'Unknown', reason: 'WaitingForProxies' })]
    const waits = { ...at('validated', 'applied'), conditions, enforced: unenforced }
    const refused = { ...waits, enforced: { ...unenforced, acked: 2, nacked: 1, summary: '2/4' } }
    expect(news(at('validated', 'applied'), waits)).toEqual([
      'waiting    1 of 4 proxies have ACKed it',
    ])
    expect(news(waits, refused)).toEqual(['waiting    2 of 4 proxies have ACKed it, 1 NACKed it'])
  })

  it('says once what else is waited for', () => {
    const conditions = [
      aCondition({ status: 'False', reason: 'DependencyNotReady', message: 'base is not applied' }),
    ]
    expect(news(at(), { ...at(), conditions })).toEqual(['waiting    base is not applied'])
    expect(news({ ...at(), conditions }, { ...at(), conditions })).toEqual([])
  })
})
