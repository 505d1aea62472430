/** The git source of a repository, opened with the credentials that its Secret or a flag has. */
import { join } from 'node:path'
import type { Cluster } from '../../../reconciler/cluster.ts'
import type { GitCredentials } from '../../../reconciler/git/credentials.ts'
import type { GitSource } from '../../../reconciler/git-source.ts'
import { openIsomorphicGitSource } from '../../../reconciler/git-source-isomorphic.ts'
import { readGitCredentials } from '../../../reconciler/repositories/read-git-credentials.ts'
import type { RepositorySpec } from '../../../reconciler/repositories/repository-spec.ts'
import { CONTROL_NAMESPACE } from '../serving/control-plane-identity.ts'
import type { Shell } from '../shell.ts'

export interface OpenGitContext {
  readonly shell: Shell
  readonly cluster: Cluster
  /** Each repository has a folder of its own in it. */
  readonly gitDirectory: string
  /** For repositories that name no Secret. */
  readonly credentials: GitCredentials | undefined
}

/** Touches the disk and the cluster, not the network. Throws `GitSourceError` for what can be no repository, and `ClusterError`. */
export async function openGit(
  { shell, cluster, gitDirectory, credentials: given }: OpenGitContext,
  { name, url, timeoutMs, credentialsSecret }: RepositorySpec,
): Promise<GitSource> {
  const credentials =
    credentialsSecret === undefined
      ? given
      : await readGitCredentials(cluster, CONTROL_NAMESPACE, credentialsSecret)
  return await openIsomorphicGitSource({
    ...{ ...shell, url, timeoutMs, cacheDirectory: join(gitDirectory, name) },
    ...(credentials !== undefined && { credentials }),
  })
}
