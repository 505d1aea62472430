/** The reconciling half of the control plane: the repository on one side, the cluster on the other, and the loop between. */
import { join } from 'node:path'
import { printObjectId } from '../../model/object-id.ts'
import { checkAccess } from '../../policy/access/check-access.ts'
import type { MatchCompiler } from '../../policy/access/match-compiler.ts'
import { PolicyCompiler } from '../../policy/policy-compiler.ts'
import { READING_LIMITS } from '../../policy/yaml/reading-limits.ts'
import type { Cluster } from '../../reconciler/cluster.ts'
import { DriftWatch } from '../../reconciler/drift-watch.ts'
import { openIsomorphicGitSource } from '../../reconciler/git-source-isomorphic.ts'
import { LiveObjects } from '../../reconciler/live-objects.ts'
import { Loop } from '../../reconciler/loop.ts'
import { DEFAULT_PRUNE_LIMITS } from '../../reconciler/plan/prune-guard.ts'
import { Reconciler, type ReconcilerOptions } from '../../reconciler/reconcile.ts'
import type { ReconcileOutcome } from '../../reconciler/reconcile-outcome.ts'
import { CONTROL_NAMESPACE } from './control-plane-identity.ts'
import type { RunOptions } from './run-options.ts'
import type { Shell } from './shell.ts'

/** The one repository that this control plane follows, as owner marks in the cluster name it. */
export const REPOSITORY = 'policies'

const MAX_TREE_ENTRIES = 1_000_000

export interface ReconcilingOptions {
  readonly run: RunOptions
  readonly shell: Shell
  readonly cluster: Cluster
  readonly compiler: MatchCompiler
  readonly onIntent: ReconcilerOptions['onIntent']
  readonly onProgress: ReconcilerOptions['onProgress']
  readonly onEnd: (outcome: ReconcileOutcome) => void
}

export class Reconciling {
  readonly #reconciler: Reconciler
  readonly #loop: Loop<typeof REPOSITORY>
  readonly #drift: DriftWatch
  readonly #live: LiveObjects
  readonly #shell: Shell

  /** Touches the disk and the cluster, not the network. Throws `GitSourceError` for what can be no repository. */
  static async open(options: ReconcilingOptions): Promise<Reconciling> {
    const { run, shell, cluster, compiler, onIntent, onProgress } = options
    const git = await openIsomorphicGitSource({
      ...{ ...shell, url: run.repository, cacheDirectory: join(run.data, 'git') },
      timeoutMs: run.gitTimeoutMs,
      ...(run.credentials && { credentials: run.credentials }),
    })
    const live = new LiveObjects({ ...shell, cluster })
    const { maxTotalBytes } = READING_LIMITS
    const reconciler = new Reconciler({
      ...{ ...shell, git, ref: run.ref, path: run.path, cluster, live, onIntent, onProgress },
      // A file that is too large is a problem with a place, so the limit here is the commit's.
      limits: { maxFiles: MAX_TREE_ENTRIES, maxFileBytes: maxTotalBytes, maxTotalBytes },
      compiler: new PolicyCompiler(),
      verify: (intent) => checkAccess(intent, compiler),
      repository: REPOSITORY,
      controlNamespace: CONTROL_NAMESPACE,
      home: cluster,
      settings: () => ({
        ...{ prune: 'enabled', pruneLimits: DEFAULT_PRUNE_LIMITS, createNamespaces: true },
        ...{ drift: run.drift, pin: undefined },
      }),
    })
    return new Reconciling({ ...options, live, reconciler })
  }

  private constructor(
    options: ReconcilingOptions & { readonly live: LiveObjects; readonly reconciler: Reconciler },
  ) {
    const { run, shell, cluster, live, reconciler, onEnd } = options
    this.#reconciler = reconciler
    this.#live = live
    this.#shell = shell
    this.#drift = new DriftWatch({
      ...{ ...shell, reconciler, live, cluster, repository: REPOSITORY, mode: run.drift },
      onDrift: (report) =>
        shell.log.warn('drift', { ...report, object: printObjectId(report.object) }),
    })
    this.#loop = new Loop({
      ...{ ...shell, keys: [REPOSITORY], schedule: run.schedule },
      reconcile: async (_pass, signal) => await reconciler.pass(signal),
      ended: (_key, outcome) => onEnd(outcome),
    })
  }

  /** Asks for a pass as soon as possible. */
  request(reason: string): void {
    this.#loop.request(REPOSITORY, reason)
  }

  /** Serves the last accepted commit again, then keeps passing until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#restore(signal)
    await this.#loop.run(signal)
  }

  async close(): Promise<void> {
    await this.#drift.close()
    await this.#live.close()
  }

  /** A restart must not wait for git: proxies that come back are told what they were told before. */
  async #restore(signal: AbortSignal): Promise<void> {
    const { log } = this.#shell
    try {
      const commit = await this.#reconciler.restore(signal)
      if (commit !== undefined) log.info('serving the last good commit again', { commit })
    } catch (error) {
      if (signal.aborted) return
      log.warn('the last good commit cannot be read from the cache; asking the repository', {
        error: error instanceof Error ? error.message : String(error),
      })
    }
  }
}
