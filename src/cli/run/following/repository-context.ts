/** What all repositories of a control plane share. */

import type { ServiceAccount } from '../../../model/service-account.ts'
import type { MatchCompiler } from '../../../policy/access/match-compiler.ts'
import type { Cluster } from '../../../reconciler/cluster.ts'
import type { GitCredentials } from '../../../reconciler/git/credentials.ts'
import type { LiveObjects } from '../../../reconciler/live-objects.ts'
import type { Ownership } from '../../../reconciler/ownership.ts'
import type { RepositorySpec } from '../../../reconciler/repositories/repository-spec.ts'
import type {
  RefusedReason,
  RepositoryState,
} from '../../../reconciler/repositories/repository-state.ts'
import type { CommitOf } from '../../../xds/enforcement.ts'
import type { Leading } from '../cluster/leading.ts'
import type { MeshAccess } from '../serving/mesh-access.ts'
import type { MeshSource } from '../serving/mesh-source.ts'
import type { Shell } from '../shell.ts'
import type { ProxyProgress } from '../status/progress-recorder.ts'

/** A repository as somebody asks for it now. */
export interface AskedRepository {
  readonly spec: RepositorySpec
  /** Of the MeshRepository; 0 where flags ask. */
  readonly generation: number
  /** The annotation by which somebody asks for a pass. */
  readonly requestedAt: string | undefined
}

export interface RepositoryContext {
  readonly shell: Shell
  /** With our own rights. Written to only while this process leads. */
  readonly cluster: Cluster
  /** The same with the rights of a service account of the control namespace; `undefined` where there are no accounts. */
  readonly as: ((account: ServiceAccount) => Cluster) | undefined
  /** Each repository has a folder of its own in it. */
  readonly gitDirectory: string
  /** Given by flags, for repositories that name no Secret. */
  readonly credentials: GitCredentials | undefined
  readonly live: LiveObjects
  readonly leading: Leading
  readonly compiler: MatchCompiler
  readonly mesh: MeshSource
  readonly access: MeshAccess
  readonly ownership: Ownership
  /** Why its passes have to wait for other repositories; `undefined` when they need not. */
  readonly waitsFor: (spec: RepositorySpec) => string | undefined
  readonly enforcement: (of: CommitOf) => ProxyProgress | undefined
  readonly proxies: () => RepositoryState['proxies']
  /** Whether lines of the log need not say which repository they are of. */
  readonly isOnly: boolean
  /** Told whenever something about the repository may have changed. */
  readonly onChange: (name: string) => void
  /** Told of each commit that the cluster has whole: objects that it left to others may be taken now. */
  readonly onSynced: (name: string) => void
  /** Told of a repository that is followed no more. */
  readonly onForgotten: (name: string) => void
  /** Told when a pass has ended, however it has. */
  readonly onPassed: (name: string) => void
}

/** A MeshRepository that cannot be followed as it is. */
export interface RefusedRepository {
  readonly name: string
  readonly generation: number
  readonly reason: RefusedReason
  /** Sentences that say what to mend. */
  readonly errors: readonly string[]
}

export type RepositoryRequest =
  | { readonly type: 'asked'; readonly asked: AskedRepository }
  | { readonly type: 'refused'; readonly refused: RefusedRepository }
