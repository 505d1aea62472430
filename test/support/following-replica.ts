/** One replica of a control plane without its xDS server: repositories, the mesh they make, and a cluster it may share. */
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { Leading } from '../../src/cli/run/cluster/leading.ts'
import { Repositories } from '../../src/cli/run/following/repositories.ts'
import type {
  RefusedRepository,
  RepositoryRequest,
} from '../../src/cli/run/following/repository-context.ts'
import { MeshAccess } from '../../src/cli/run/serving/mesh-access.ts'
import { MeshSource, type MeshSourceOptions } from '../../src/cli/run/serving/mesh-source.ts'
import { SystemClock } from '../../src/cli/system-clock.ts'
import { MatchCompiler } from '../../src/policy/access/match-compiler.ts'
import type { Cluster } from '../../src/reconciler/cluster.ts'
import { gatedCluster } from '../../src/reconciler/election/gated-cluster.ts'
import { LiveObjects } from '../../src/reconciler/live-objects.ts'
import { dependencyWait } from '../../src/reconciler/repositories/dependency-wait.ts'
import type { RepositorySpec } from '../../src/reconciler/repositories/repository-spec.ts'
import type { RepositoryState } from '../../src/reconciler/repositories/repository-state.ts'
import { anInventory } from './inventory-builders.ts'
import { RecordingLogger } from './recording-logger.ts'
import { TRUST_DOMAIN } from './rendered-mesh.ts'
import { aSpec } from './repository-states.ts'
import { SeededEntropy } from './seeded-entropy.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export type Asked = Partial<RepositorySpec> & Pick<RepositorySpec, 'name' | 'url'>

export class FollowingReplica {
  readonly leading: Leading
  readonly mesh: MeshSource
  readonly repositories: Repositories
  readonly log = new RecordingLogger()
  readonly forgotten: string[] = []

  static async start(cluster: Cluster, leading = Leading.always()): Promise<FollowingReplica> {
    const replica = new FollowingReplica(cluster, leading, await temporaryDirectory())
    onTestFinished(async () => await replica.repositories.close())
    return replica
  }

  private constructor(shared: Cluster, leading: Leading, directory: string) {
    const shell = { clock: new SystemClock(), entropy: new SeededEntropy(), log: this.log }
    const live = new LiveObjects({ ...shell, cluster: shared })
    const compiler = new MatchCompiler()
    this.leading = leading
    this.mesh = new MeshSource({
      ...{ trustDomain: TRUST_DOMAIN, trustBundlePem: () => '' },
      svids: {} as MeshSourceOptions['svids'],
      weights: { isKnown: () => true, in: (mesh) => mesh, onChange: () => undefined },
      ...{ publish: () => undefined, republish: () => undefined },
    })
    this.mesh.setInventory(anInventory({}))
    const repositories: Repositories = new Repositories({
      ...{ shell, leading, live, compiler, mesh: this.mesh, as: undefined, isOnly: false },
      ...{ cluster: gatedCluster(shared, leading), access: new MeshAccess(this.mesh, compiler) },
      ...{ gitDirectory: join(directory, 'git'), credentials: undefined },
      enforcement: () => ({ state: 'enforced', touched: 0, acked: 0, nacked: [] }),
      proxies: () => ({ known: 0, connected: 0 }),
      waitsFor: (spec) => dependencyWait(spec, (name) => repositories.state(name)),
      ...{ onChange: () => undefined, onForgotten: (name) => this.forgotten.push(name) },
    })
    this.repositories = repositories
    onTestFinished(async () => await live.close())
  }

  /** Follows these and no others. */
  async ask(...all: readonly (Asked | RefusedRepository)[]): Promise<void> {
    const requests = all.map((one): readonly [string, RepositoryRequest] =>
      'errors' in one
        ? [one.name, { type: 'refused', refused: one }]
        : [one.name, { type: 'asked', asked: toAsked(one) }],
    )
    await this.repositories.set(new Map(requests))
  }

  /** Resolves with the state once it is as expected. */
  async until(
    name: string,
    expected: (state: RepositoryState) => boolean,
  ): Promise<RepositoryState> {
    return await vi.waitFor(
      () => {
        const state = this.repositories.state(name)
        if (state === undefined || !expected(state))
          throw new Error(`${name}: ${JSON.stringify(state?.outcome)}`)
        return state
      },
      { timeout: 20_000, interval: 20 },
    )
  }

  async untilSynced(name: string, commit: string): Promise<void> {
    await this.until(name, ({ outcome, served }) => outcome?.type === 'synced' && served === commit)
  }
}

function toAsked(asked: Asked) {
  const schedule = { type: 'every', intervalMs: 60_000 } as const
  return { spec: aSpec({ schedule, ...asked }), generation: 1, requestedAt: undefined }
}
