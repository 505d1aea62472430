/** The control plane, put together: the one place where reconciling and serving meet. */
import { hostname } from 'node:os'
import { Registry } from 'prom-client'
import type { Ms } from '../../model/clock.ts'
import { toSpiffeId } from '../../model/spiffe-id.ts'
import { ClusterInventoryWatch } from '../../reconciler/cluster-inventory-watch.ts'
import { LiveObjects } from '../../reconciler/live-objects.ts'
import { type GovernedCluster, governCluster } from './cluster/governed-cluster.ts'
import { openCluster } from './cluster/open-cluster.ts'
import { Following } from './following/following.ts'
import { HttpServers, type Routes } from './http-servers.ts'
import { type RunOptions, socketPath } from './run-options.ts'
import { bootstrapRoute } from './serving/bootstrap-route.ts'
import { CONTROL_PLANE_ACCOUNT } from './serving/control-plane-identity.ts'
import { LiveWeights } from './serving/live-weights.ts'
import { Serving } from './serving/serving.ts'
import type { Shell } from './shell.ts'
import { repositoryMetrics } from './status/repository-metrics.ts'
import { statusRoutes } from './status/status-routes.ts'

const REFRESH_MS: Ms = 10_000

/** What has been opened and is to be closed, the last one first. */
type Closers = (() => Promise<void>)[]

/** What goes on once everything has been opened. */
interface Parts {
  readonly governed: GovernedCluster
  readonly following: Following
  /** Called before anything is closed. */
  readonly stopping: () => void
}

export class ControlPlane {
  readonly #parts: Parts
  readonly #closers: Closers
  readonly #shell: Shell

  /**
   * Listens on every address; nothing is read from git yet. Waits for an API server that is away for as long as the signal lets
   * it. Rejects with what keeps it from starting, leaving nothing open.
   */
  static async start(run: RunOptions, shell: Shell, signal: AbortSignal): Promise<ControlPlane> {
    const closers: Closers = []
    try {
      return new ControlPlane(await assemble({ run, shell, signal }, closers), closers, shell)
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
    this.#parts.following.repositories.request(reason)
  }

  /** Follows the repositories until the signal aborts; leads, where there are several of us, when it is our turn. */
  async run(signal: AbortSignal): Promise<void> {
    const { following, governed, stopping } = this.#parts
    signal.addEventListener('abort', stopping, { once: true })
    following.start()
    const refreshing = this.#refresh(signal)
    await governed.govern(signal)
    await refreshing
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#shell.clock.sleep(REFRESH_MS, signal)
      if (!signal.aborted) this.#parts.following.refresh()
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

async function assemble(
  { run, shell, signal }: { run: RunOptions; shell: Shell; signal: AbortSignal },
  closers: Closers,
): Promise<Parts> {
  const opened = await openCluster(run, shell, signal)
  const { cluster } = opened
  closers.push(() => opened.close())
  const live = new LiveObjects({ ...shell, cluster })
  closers.push(() => live.close())
  const weights = new LiveWeights({ ...shell, live })
  closers.push(async () => weights.close())
  const registry = new Registry()
  const serving = await Serving.start({ run, shell, cluster, registry, weights })
  closers.push(() => serving.close())
  const governed = governCluster({ opened, shell, host: hostname() })
  closers.push(() => governed.close())
  const following = await Following.open({ run, shell, opened, governed, serving, live })
  closers.push(() => following.close())
  const isLeading = (): boolean => governed.leading.isHeld()
  repositoryMetrics({ registry, isLeading, states: () => following.repositories.states })
  const inventory = new ClusterInventoryWatch({
    ...{ ...shell, cluster },
    onChange: (current) => serving.mesh.setInventory(current),
  })
  closers.push(() => inventory.close())
  let isStopping = false
  const stopping = (): void => {
    isStopping = true
  }
  const http = await HttpServers.listen({
    address: run.http,
    socketPath: socketPath(run.data),
    open: [statusOf({ serving, following, governed, registry, isStopping: () => isStopping })],
    administrative: [...opened.administrative, bootstrapsOf(run, shell, serving)],
  })
  closers.push(() => http.close())
  return { governed, following, stopping }
}

function statusOf({
  serving: { mesh, xds },
  following,
  governed,
  registry,
  isStopping,
}: Omit<Parts, 'stopping'> & {
  readonly serving: Serving
  readonly registry: Registry
  readonly isStopping: () => boolean
}): Routes {
  const { repositories } = following
  return statusRoutes({
    ...{ repositories, registry },
    notReady: () => (isStopping() ? 'it is stopping' : mesh.waitsFor),
    proxies: () => xds.proxies(),
    proxyCounts: () => following.proxies,
    replica: () =>
      governed.replicas && { identity: governed.replicas.identity, leader: governed.leader() },
  })
}

function bootstrapsOf(
  { trustDomain }: RunOptions,
  { clock }: Shell,
  { authority, mesh, xdsPort }: Serving,
): Routes {
  return bootstrapRoute({
    ...{ authority, trustDomain, clock, xdsPort },
    controlPlaneId: toSpiffeId(trustDomain, CONTROL_PLANE_ACCOUNT),
    inventory: () => mesh.inventory,
    mesh: () => mesh.mesh?.mesh,
  })
}
