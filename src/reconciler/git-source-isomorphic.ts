/** The git port by isomorphic-git: a repository on this disk, or one behind smart HTTP. */
import type { Clock, Ms } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import type { GitCredentials } from './git/credentials.ts'
import { parseRepositoryUrl } from './git/repository-url.ts'
import { type GitSource, GitSourceError } from './git-source.ts'
import { GitCache } from './git-source-isomorphic-cache.ts'
import { LocalGitSource } from './git-source-isomorphic-local.ts'
import { RemoteGitSource } from './git-source-isomorphic-remote.ts'

export interface GitSourceOptions {
  /** A folder, `file://`, `http://` or `https://`; without a user or password. */
  readonly url: string
  /** For remote repositories only, and for one process only. May be deleted at any time. */
  readonly cacheDirectory: string
  readonly credentials?: GitCredentials
  /** Of one operation as a whole, the network's part included. */
  readonly timeoutMs?: Ms
  /** Of what a server sends in one answer. It is held in memory. */
  readonly maxPackBytes?: number
  /** Of any object of the repository, policy or not, once unfolded. */
  readonly maxObjectBytes?: number
  /** Fetches after which a remote's cache begins anew with a fresh shallow clone. */
  readonly maxPacks?: number
  readonly clock: Clock
  readonly log: Logger
}

const MIB = 2 ** 20

/** Touches the disk, not the network. Throws `RepositoryInvalid` for a URL or folder that cannot be a repository. */
export async function openIsomorphicGitSource(options: GitSourceOptions): Promise<GitSource> {
  const { clock, log } = options
  const timeoutMs = options.timeoutMs ?? 60_000
  const maxObjectBytes = options.maxObjectBytes ?? 64 * MIB
  const address = parseRepositoryUrl(options.url)
  if (!address.ok) throw new GitSourceError('RepositoryInvalid', address.error)
  if (address.value.type === 'local')
    return LocalGitSource.open({ path: address.value.path, timeoutMs, maxObjectBytes, clock })
  const { url } = address.value
  const cache = await GitCache.open({
    directory: options.cacheDirectory,
    url,
    maxObjectBytes,
    log,
  })
  const remote = {
    url,
    credentials: options.credentials,
    maxPackBytes: options.maxPackBytes ?? 256 * MIB,
    maxObjectBytes,
  }
  const maxPacks = options.maxPacks ?? 50
  return new RemoteGitSource({ remote, cache, maxPacks, timeoutMs, clock, log })
}
