/** The repositories that are followed, who asks for them, and how far the proxies of all replicas are with their commits. */
import { join } from 'node:path'
import { MatchCompiler } from '../../../policy/access/match-compiler.ts'
import type { LiveObjects } from '../../../reconciler/live-objects.ts'
import { FleetEnforcement } from '../cluster/fleet-enforcement.ts'
import type { GovernedCluster } from '../cluster/governed-cluster.ts'
import type { RunCluster } from '../cluster/open-cluster.ts'
import type { RunOptions } from '../run-options.ts'
import { MeshAccess } from '../serving/mesh-access.ts'
import type { Serving } from '../serving/serving.ts'
import type { Shell } from '../shell.ts'
import type { Status } from '../status/status-routes.ts'
import { openGit } from './open-git.ts'
import { openRepositorySource } from './open-repository-source.ts'
import { Repositories } from './repositories.ts'
import type { RepositorySource } from './repository-source.ts'

export interface FollowingOptions {
  readonly run: RunOptions
  readonly shell: Shell
  readonly opened: RunCluster
  readonly governed: GovernedCluster
  readonly serving: Serving
  readonly live: LiveObjects
}

export class Following {
  readonly repositories: Repositories
  readonly #serving: Serving
  readonly #source: RepositorySource
  readonly #fleet: FleetEnforcement

  /** Nothing is followed yet. Throws `GitSourceError` where flags name what can be no repository: nobody is there to mend it later. */
  static async open(options: FollowingOptions): Promise<Following> {
    const { run, shell, opened } = options
    const git = { gitDirectory: join(run.data, 'git'), credentials: run.credentials }
    if (run.repository !== undefined)
      await openGit({ ...git, shell, cluster: opened.cluster }, run.repository)
    return new Following(options, git)
  }

  private constructor(
    { run, shell, opened, governed, serving, live }: FollowingOptions,
    git: Pick<ConstructorParameters<typeof Repositories>[0], 'gitDirectory' | 'credentials'>,
  ) {
    const { mesh, xds } = serving
    const compiler = new MatchCompiler()
    this.#serving = serving
    this.#fleet = new FleetEnforcement({
      local: (of) => xds.enforcement(of),
      proxies: () => xds.proxies().length,
      served: () => mesh.served,
      ...(governed.replicas && { replicas: governed.replicas }),
    })
    this.repositories = new Repositories({
      ...{ shell, cluster: governed.cluster, as: governed.as, live, leading: governed.leading },
      ...{ compiler, mesh, access: new MeshAccess(mesh, compiler), ...git },
      enforcement: (of) => this.#fleet.progress(of),
      proxies: () => this.proxies,
      waitsFor: (spec) => this.#source.waitsFor(spec),
      isOnly: run.repository !== undefined,
      onChange: (name) => this.#changed(name),
      onForgotten: (name) => xds.forget(name),
    })
    const { repositories } = this
    this.#source = openRepositorySource({ run, shell, opened, governed, repositories })
    xds.onEnforcement(() => this.#proxiesMoved(), serving.signal)
    governed.onReports(() => this.#proxiesMoved())
  }

  /** Of all replicas. */
  get proxies(): Status['proxies'] {
    return { known: this.#serving.mesh.knownProxies, connected: this.#fleet.connected }
  }

  start(): void {
    this.#source.start()
  }

  /** To be called every now and then: proxies come and go without anybody's asking. */
  refresh(): void {
    this.#fleet.tell()
    for (const { name } of this.repositories.runs) this.#source.changed(name)
  }

  async close(): Promise<void> {
    await this.#source.close()
    await this.repositories.close()
  }

  #changed(name: string): void {
    this.#fleet.tell()
    this.#source.changed(name)
  }

  #proxiesMoved(): void {
    this.#fleet.tell()
    for (const run of this.repositories.runs)
      if (run.reconciler.commit !== undefined) run.proxiesMoved(run.reconciler.commit)
  }
}
