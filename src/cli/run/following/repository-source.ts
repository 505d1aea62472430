/** Who asks for repositories to be followed. */
import type { RepositorySpec } from '../../../reconciler/repositories/repository-spec.ts'
import type { GovernedCluster } from '../cluster/governed-cluster.ts'
import type { RunCluster } from '../cluster/open-cluster.ts'
import type { RunOptions } from '../run-options.ts'
import type { Shell } from '../shell.ts'
import type { Repositories } from './repositories.ts'

export interface RepositorySource {
  /** Begins to ask. */
  start(): void
  /** Why the passes of a repository have to wait for others; `undefined` when they need not. */
  waitsFor(spec: RepositorySpec): string | undefined
  /** Something about the repository may have changed. */
  changed(name: string): void
  close(): Promise<void>
}

export interface RepositorySourceOptions {
  readonly run: RunOptions
  readonly shell: Shell
  readonly opened: RunCluster
  readonly governed: GovernedCluster
  readonly repositories: Repositories
}
