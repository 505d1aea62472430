/** A real git server, an embedded cluster, and the reconciler between them: passes are made one by one, on a stepped clock. */
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { CommitSha } from '../../../src/model/commit-sha.ts'
import type { Cluster } from '../../../src/reconciler/cluster.ts'
import {
  type GitSourceOptions,
  openIsomorphicGitSource,
} from '../../../src/reconciler/git-source-isomorphic.ts'
import { repositoryOf } from '../../../src/reconciler/owner-mark.ts'
import type { PassProgress } from '../../../src/reconciler/pass-progress.ts'
import type { Reconciler, ReconcilerOptions } from '../../../src/reconciler/reconcile.ts'
import type { ReconcileOutcome } from '../../../src/reconciler/reconcile-outcome.ts'
import { idOf } from '../../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../../support/embedded-cluster.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { type GitHttpServer, startGitHttpServer } from '../../support/git-http-server.ts'
import { type Content, GitRepository } from '../../support/git-repository.ts'
import { aTrafficTarget } from '../../support/policy-objects.ts'
import { startReconciler } from '../../support/reconciler-world.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

const NEVER = new AbortController().signal

type GitOptions = Pick<GitSourceOptions, 'credentials' | 'maxPackBytes' | 'maxObjectBytes'>
type Options = GitOptions & Partial<Pick<ReconcilerOptions, 'ref' | 'path' | 'limits'>>

export class GitWorld {
  readonly repository = new GitRepository()
  readonly clock = new FakeClock()
  readonly log = new RecordingLogger()
  readonly progress: PassProgress[] = []
  /** Commits in the order in which they were served. */
  readonly served: CommitSha[] = []
  readonly cluster: Cluster
  #server: GitHttpServer | undefined
  #reconciler: Reconciler | undefined

  constructor(cluster: Cluster) {
    this.cluster = cluster
    const config = join(this.repository.bare, 'config')
    this.repository.git('config', '--file', config, 'receive.denyDeleteCurrent', 'ignore')
  }

  get server(): GitHttpServer {
    if (this.#server === undefined) throw new Error('the git server is down')
    return this.#server
  }

  get cacheDirectory(): string {
    return join(this.repository.root, 'cache')
  }

  /** At the address that it had before, if it had one. */
  async serve(): Promise<void> {
    const { root } = this.repository
    const port = this.#server === undefined ? undefined : Number(new URL(this.#server.origin).port)
    this.#server = await startGitHttpServer({ root, ...(port !== undefined && { port }) })
  }

  /** A control plane that knows nothing but what is in the cluster and in the cache. */
  async start(options: Options = {}): Promise<void> {
    const { credentials, maxPackBytes, maxObjectBytes, ...rest } = options
    const { clock, log, cluster } = this
    const git = await openIsomorphicGitSource({
      ...{ url: `${this.server.origin}/policy.git`, cacheDirectory: this.cacheDirectory },
      ...(credentials && { credentials }),
      ...(maxPackBytes && { maxPackBytes }),
      ...(maxObjectBytes && { maxObjectBytes }),
      ...{ clock, log },
    })
    const { reconciler, live } = startReconciler({
      ...{ git, cluster, clock, log, ...rest },
      onIntent: (intent) => this.served.push(intent.commit),
      onProgress: (progress) => this.progress.push(progress),
    })
    onTestFinished(async () => await live.close())
    this.#reconciler = reconciler
  }

  /** Commits and pushes; answers with the commit. */
  push(files: Readonly<Record<string, Content>>, message?: string): CommitSha {
    const commit = this.repository.commit(files, message)
    this.repository.publish()
    return commit
  }

  async pass(): Promise<ReconcileOutcome> {
    if (this.#reconciler === undefined) throw new Error('no control plane was started')
    return await this.#reconciler.pass(NEVER)
  }

  async restore(): Promise<CommitSha | undefined> {
    return await this.#reconciler?.restore(NEVER)
  }

  /** The names of the TrafficTargets that carry our mark. */
  async grants(): Promise<readonly string[]> {
    const { items } = await this.cluster.list(idOf(aTrafficTarget('any')))
    return items
      .filter((object) => repositoryOf(object) === 'policies')
      .map(({ metadata }) => metadata.name)
      .sort()
  }

  /** How the ref moved to the commit that was sourced last. */
  get relation(): string | undefined {
    const sourced = this.progress.findLast((one) => one.type === 'sourced')
    return sourced?.type === 'sourced' ? sourced.relation : undefined
  }
}

/** Served, started, and gone when the test has ended. `prepare` is given the directory of the cache before anybody opens it. */
export async function aGitWorld(
  options: Options = {},
  prepare: (cacheDirectory: string) => void = () => undefined,
): Promise<GitWorld> {
  const world = new GitWorld(await anEmbeddedCluster())
  onTestFinished(async () => {
    await world.server.close()
    world.repository.remove()
  })
  prepare(world.cacheDirectory)
  await world.serve()
  await world.start(options)
  return world
}
