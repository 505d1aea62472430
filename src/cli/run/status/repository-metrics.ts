/** What is counted of repositories, asked when somebody looks: only the replica that applies knows whether one is ready. */
import { Gauge, type Registry } from 'prom-client'
import { judgeRepository } from '../../../reconciler/repositories/judge-repository.ts'
import type { RepositoryState } from '../../../reconciler/repositories/repository-state.ts'

export interface RepositoryMetricsOptions {
  readonly registry: Registry
  /** By name. */
  readonly states: () => ReadonlyMap<string, RepositoryState>
  readonly isLeading: () => boolean
}

/** Registers them; they are never out of date, since nothing is kept. */
export function repositoryMetrics({ registry, states, isLeading }: RepositoryMetricsOptions): void {
  new Gauge({
    name: 'plumbline_leader',
    help: '1 for the replica that applies.',
    registers: [registry],
    collect() {
      this.set(isLeading() ? 1 : 0)
    },
  })
  const gauge = (
    name: string,
    help: string,
    values: (
      state: RepositoryState,
    ) => readonly (readonly [Readonly<Record<string, string>>, number])[],
    labels: readonly string[] = [],
  ): void => {
    new Gauge({
      ...{ name, help, labelNames: ['repository', ...labels], registers: [registry] },
      collect() {
        this.reset()
        for (const [repository, state] of states())
          for (const [more, value] of values(state)) this.set({ repository, ...more }, value)
      },
    })
  }
  gauge(
    'plumbline_repository_ready',
    '1 when the newest commit is enforced, 0 when not, by the reason that the status of its MeshRepository gives.',
    (state) => {
      if (!isLeading()) return []
      const { ready, reason } = judgeRepository(state)
      return [[{ reason }, ready === 'True' ? 1 : 0]]
    },
    ['reason'],
  )
  gauge(
    'plumbline_repository_commit',
    '1, labelled with the commit that proxies of this replica are told from.',
    ({ served }) => (served === undefined ? [] : [[{ commit: served }, 1]]),
    ['commit'],
  )
  gauge('plumbline_repository_objects', 'Objects in the inventory.', ({ objects }) =>
    objects === undefined ? [] : [[{}, objects]],
  )
  gauge(
    'plumbline_repository_drifts',
    'Foreign edits that this replica has seen.',
    ({ driftTotal }) => [[{}, driftTotal]],
  )
  gauge(
    'plumbline_repository_enforced_seconds',
    'From the moment at which the last enforced commit was read from git to the last ACK.',
    ({ records }) => {
      const last = records.findLast(({ enforcedAfterMs }) => enforcedAfterMs !== undefined)
      return last?.enforcedAfterMs === undefined ? [] : [[{}, last.enforcedAfterMs / 1_000]]
    },
  )
}
