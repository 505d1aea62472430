/** The control plane, put together: the one place where reconciling and serving meet. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import type { Ms } from '../../model/clock.ts'
import { toSpiffeId } from '../../model/spiffe-id.ts'
import { MatchCompiler } from '../../policy/access/match-compiler.ts'
import { ClusterInventoryWatch } from '../../reconciler/cluster-inventory-watch.ts'
import { LiveObjects } from '../../reconciler/live-objects.ts'
import { bootstrapRoute } from './bootstrap-route.ts'
import { CONTROL_PLANE_ACCOUNT } from './control-plane-identity.ts'
import { FleetEnforcement } from './fleet-enforcement.ts'
import { type GovernedCluster, governCluster } from './governed-cluster.ts'
import { HttpServers } from './http-servers.ts'
import { LiveWeights } from './live-weights.ts'
import { MeshAccess } from './mesh-access.ts'
import { openCluster } from './open-cluster.ts'
import { openGit } from './open-git.ts'
import { openRepositorySource } from './open-repository-source.ts'
import { Repositories } from './repositories.ts'
import type { RepositorySource } from './repository-source.ts'
import { type RunOptions, socketPath } from './run-options.ts'
import { Serving } from './serving.ts'
import type { Shell } from './shell.ts'
import { statusRoutes } from './status-routes.ts'

const REFRESH_MS: Ms = 10_000

/** What has been opened and is to be closed, the last one first. */
type Closers = (() => Promise<void>)[]

/** What goes on once everything has been opened. */
interface Parts {
  readonly governed: GovernedCluster
  readonly repositories: Repositories
  readonly source: RepositorySource
  /** Called every now and then: proxies come and go without anybody's asking. */
  readonly refresh: () => void
  /** Called before anything is closed. */
  readonly stopping: () => void
}

export class ControlPlane {
  readonly #parts: Parts
  readonly #closers: Closers
  readonly #shell: Shell

  /** Listens on every address; nothing is read from git yet. Rejects with what keeps it from starting, leaving nothing open. */
  static async start(run: RunOptions, shell: Shell): Promise<ControlPlane> {
    const closers: Closers = []
    try {
      return new ControlPlane(await assemble(run, shell, closers), closers, shell)
    } catch (error) {
      await closeAll(closers)
      throw error
    }
  }

  private constructor(parts: Parts, closers: Closers, shell: Shell) {
    this.#parts = parts
    this.#closers = closers
    this.#shell = shell
  }

  /** Asks for a pass over each repository as soon as possible. */
  request(reason: string): void {
    this.#parts.repositories.request(reason)
  }

  /** Follows the repositories until the signal aborts; leads, where there are several of us, when it is our turn. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, governed, stopping } = this.#parts
    signal.addEventListener('abort', stopping, { once: true })
    source.start()
    const refreshing = this.#refresh(signal)
    await governed.govern(signal)
    await refreshing
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#shell.clock.sleep(REFRESH_MS, signal)
      if (!signal.aborted) this.#parts.refresh()
    }
  }

  /** Stops taking anything in, lets what is under way end, and closes what holds state last. */
  async close(): Promise<void> {
    this.#shell.log.info('draining')
    await closeAll(this.#closers)
  }
}

async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.toReversed()) await close()
}

async function assemble(run: RunOptions, shell: Shell, closers: Closers): Promise<Parts> {
  const opened = await openCluster(run, shell)
  closers.push(() => opened.close())
  const git = { gitDirectory: join(run.data, 'git'), credentials: run.credentials }
  // One that flags name is looked at now: nobody is there to mend it later.
  if (run.repository !== undefined)
    await openGit({ ...git, shell, cluster: opened.cluster }, run.repository)
  const live = new LiveObjects({ ...shell, cluster: opened.cluster })
  closers.push(() => live.close())
  const weights = new LiveWeights({ ...shell, live })
  closers.push(async () => weights.close())
  const registry = new Registry()
  const serving = await Serving.start({
    ...{ run, shell, cluster: opened.cluster, registry, weights },
  })
  closers.push(() => serving.close())
  const { mesh, xds, authority } = serving
  const governed = governCluster({ opened, shell, host: hostname(), onReports: proxiesMoved })
  closers.push(() => governed.close())
  const fleet = new FleetEnforcement({
    local: (of) => xds.enforcement(of),
    proxies: () => xds.proxies().length,
    served: () => mesh.served,
    ...(governed.replicas && { replicas: governed.replicas }),
  })
  const compiler = new MatchCompiler()
  const repositories: Repositories = new Repositories({
    ...{ shell, cluster: governed.cluster, as: governed.as, live, leading: governed.leading },
    ...{ compiler, mesh, access: new MeshAccess(mesh, compiler) },
    ...git,
    enforcement: (of) => fleet.progress(of),
    proxies: () => ({ known: mesh.knownProxies, connected: fleet.connected }),
    waitsFor: (spec) => source.waitsFor(spec),
    isOnly: run.repository !== undefined,
    onChange: (name) => {
      fleet.tell()
      source.changed(name)
    },
  })
  const source: RepositorySource = openRepositorySource({
    ...{ run, shell, opened, governed, repositories },
  })
  closers.push(async () => {
    await source.close()
    await repositories.close()
  })
  function proxiesMoved(): void {
    fleet.tell()
    for (const { name, reconciler } of repositories.runs)
      if (reconciler.commit !== undefined) repositories.run(name)?.proxiesMoved(reconciler.commit)
  }
  xds.onEnforcement(proxiesMoved, serving.signal)
  const inventory = new ClusterInventoryWatch({
    ...{ ...shell, cluster: opened.cluster },
    onChange: (current) => mesh.setInventory(current),
  })
  closers.push(() => inventory.close())
  let isStopping = false
  const notReady = (): string | undefined => (isStopping ? 'it is stopping' : mesh.waitsFor)
  const status = statusRoutes({
    ...{ repositories, registry, notReady },
    proxies: () => xds.proxies(),
    proxyCounts: () => ({ known: mesh.knownProxies, connected: fleet.connected }),
    replica: () =>
      governed.replicas && { identity: governed.replicas.identity, leader: governed.leader() },
  })
  const bootstraps = bootstrapRoute({
    ...{ authority, trustDomain: run.trustDomain, clock: shell.clock, xdsPort: serving.xdsPort },
    controlPlaneId: toSpiffeId(run.trustDomain, CONTROL_PLANE_ACCOUNT),
    inventory: () => mesh.inventory,
    mesh: () => mesh.mesh?.mesh,
  })
  const http = await HttpServers.listen({
    address: run.http,
    socketPath: socketPath(run.data),
    open: [status],
    administrative: [...opened.administrative, bootstraps],
  })
  closers.push(() => http.close())
  const stopping = (): void => {
    isStopping = true
  }
  const refresh = (): void => {
    fleet.tell()
    for (const { name } of repositories.runs) source.changed(name)
  }
  return { governed, repositories, source, refresh, stopping }
}
