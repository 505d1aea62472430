/** The control plane, put together: the one place where reconciling and serving meet. */
import { Registry } from 'prom-client'
import { toSpiffeId } from '../../model/spiffe-id.ts'
import { MatchCompiler } from '../../policy/access/match-compiler.ts'
import { ClusterInventoryWatch } from '../../reconciler/cluster-inventory-watch.ts'
import { bootstrapRoute } from './bootstrap-route.ts'
import { CONTROL_PLANE_ACCOUNT } from './control-plane-identity.ts'
import { HttpServers } from './http-servers.ts'
import { openCluster } from './open-cluster.ts'
import { ProgressRecorder } from './progress-recorder.ts'
import { REPOSITORY, Reconciling } from './reconciling.ts'
import { type RunOptions, socketPath } from './run-options.ts'
import { Serving } from './serving.ts'
import type { Shell } from './shell.ts'
import { StatusBoard } from './status-board.ts'
import { statusRoutes } from './status-routes.ts'

/** What has been opened and is to be closed, the last one first. */
type Closers = (() => Promise<void>)[]

export class ControlPlane {
  readonly #reconciling: Reconciling
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

  private constructor(reconciling: Reconciling, closers: Closers, shell: Shell) {
    this.#reconciling = reconciling
    this.#closers = closers
    this.#shell = shell
  }

  /** Asks for a pass as soon as possible. */
  request(reason: string): void {
    this.#reconciling.request(reason)
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#reconciling.run(signal)
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

async function assemble(run: RunOptions, shell: Shell, closers: Closers): Promise<Reconciling> {
  const opened = await openCluster(run, shell)
  closers.push(() => opened.close())
  const { cluster, administrative } = opened
  const registry = new Registry()
  const serving = await Serving.start({ run, shell, cluster, registry })
  closers.push(() => serving.close())
  const { mesh, xds, authority } = serving
  mesh.setRepositories(new Set([REPOSITORY]))
  const compiler = new MatchCompiler()
  const board = new StatusBoard()
  const recorder = new ProgressRecorder({
    ...{ ...shell, board, compiler },
    enforcement: (commit) => xds.enforcement({ repository: REPOSITORY, commit }),
  })
  xds.onEnforcement((enforcement) => recorder.enforced(enforcement), serving.signal)
  const reconciling = await Reconciling.open({
    ...{ run, shell, cluster, compiler },
    onIntent: (intent) => {
      mesh.setIntent(REPOSITORY, intent)
      recorder.serves(intent)
    },
    onProgress: (progress) => recorder.progress(progress),
    onEnd: (outcome) => recorder.ended(outcome),
  })
  closers.push(() => reconciling.close())
  const inventory = new ClusterInventoryWatch({
    ...{ ...shell, cluster },
    onChange: (current) => mesh.setInventory(current),
  })
  closers.push(() => inventory.close())
  const status = statusRoutes({
    ...{ board, registry },
    notReady: () => (mesh.isSynced ? undefined : 'no commit is served yet'),
    reconcile: () => reconciling.request('HTTP'),
    proxies: () => xds.proxies(),
    knownProxies: () => mesh.knownProxies,
  })
  const bootstraps = bootstrapRoute({
    ...{ authority, trustDomain: run.trustDomain, clock: shell.clock, xdsPort: run.xds.port },
    controlPlaneId: toSpiffeId(run.trustDomain, CONTROL_PLANE_ACCOUNT),
    inventory: () => mesh.inventory,
    mesh: () => mesh.mesh?.mesh,
  })
  const http = await HttpServers.listen({
    address: run.http,
    socketPath: socketPath(run.data),
    open: [status],
    administrative: [...administrative, bootstraps],
  })
  closers.push(() => http.close())
  return reconciling
}
