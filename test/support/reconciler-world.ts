/** A repository, an embedded cluster and a reconciler between them, in memory but for the data directory. */
import { onTestFinished } from 'vitest'
import type { CommitSha } from '../../src/model/commit-sha.ts'
import type { Problem } from '../../src/model/problem.ts'
import { editEffect } from '../../src/policy/access/edit-effect.ts'
import { MatchCompiler } from '../../src/policy/access/match-compiler.ts'
import type { Intent } from '../../src/policy/intent.ts'
import { PolicyCompiler } from '../../src/policy/policy-compiler.ts'
import type { Cluster } from '../../src/reconciler/cluster.ts'
import type { DriftReport } from '../../src/reconciler/drift/drift-report.ts'
import type { EffectOf } from '../../src/reconciler/drift/drift-teller.ts'
import { DriftWatch } from '../../src/reconciler/drift-watch.ts'
import { LiveObjects } from '../../src/reconciler/live-objects.ts'
import type { PassProgress } from '../../src/reconciler/pass-progress.ts'
import { DEFAULT_PRUNE_LIMITS } from '../../src/reconciler/plan/prune-guard.ts'
import {
  type PassSettings,
  Reconciler,
  type ReconcilerOptions,
} from '../../src/reconciler/reconcile.ts'
import type { ReconcileOutcome } from '../../src/reconciler/reconcile-outcome.ts'
import { printEditEffect } from '../../src/review/drift/print-edit-effect.ts'
import { anEmbeddedCluster } from './embedded-cluster.ts'
import { FakeClock } from './fake-clock.ts'
import { MemoryGit } from './memory-git.ts'
import { RecordingLogger } from './recording-logger.ts'
import { SeededEntropy } from './seeded-entropy.ts'

/** Settings are few at a time. */
export type WorldOptions = Partial<Omit<ReconcilerOptions, 'settings'>> & {
  readonly settings?: Partial<PassSettings>
}

const DEFAULT_SETTINGS: PassSettings = {
  prune: 'enabled',
  pruneLimits: DEFAULT_PRUNE_LIMITS,
  createNamespaces: true,
  drift: 'correct',
  pin: undefined,
}

/** A reconciler without anybody around it. */
export function startReconciler({
  settings = {},
  ...given
}: Pick<ReconcilerOptions, 'git' | 'cluster' | 'clock'> & WorldOptions): {
  readonly reconciler: Reconciler
  readonly live: LiveObjects
  readonly log: RecordingLogger
} {
  const log = new RecordingLogger()
  const { cluster, clock } = given
  const live = new LiveObjects({ cluster, clock, entropy: new SeededEntropy(), log })
  const reconciler = new Reconciler({
    ref: 'main',
    path: '',
    limits: { maxFiles: 1_000, maxFileBytes: 100_000, maxTotalBytes: 1_000_000 },
    compiler: new PolicyCompiler(),
    verify: () => [],
    live,
    repository: 'policies',
    controlNamespace: 'default',
    onIntent: () => undefined,
    onProgress: () => undefined,
    log,
    home: cluster,
    settings: () => ({ ...DEFAULT_SETTINGS, ...settings }),
    ...given,
  })
  return { reconciler, live, log }
}

export class ReconcilerWorld {
  readonly git: MemoryGit
  readonly cluster: Cluster
  readonly clock: FakeClock
  readonly log: RecordingLogger
  readonly live: LiveObjects
  readonly reconciler: Reconciler
  readonly progress: PassProgress[] = []
  readonly drift: DriftReport[] = []
  /** Commits in the order in which their Intents were handed on. */
  readonly served: CommitSha[] = []
  /** The last of those. */
  intent: Intent | undefined
  /** Called with each as it is handed on. */
  onServed: () => void = () => undefined
  readonly #policies = new PolicyCompiler()
  readonly #matches = new MatchCompiler()
  /** What the policy tests say of the next commits. */
  failing: readonly Problem[] = []

  constructor(git: MemoryGit, cluster: Cluster, clock: FakeClock, options: WorldOptions = {}) {
    this.git = git
    this.cluster = cluster
    this.clock = clock
    const { reconciler, live, log } = startReconciler({
      git,
      cluster,
      clock,
      compiler: this.#policies,
      verify: () => this.failing,
      onIntent: (intent) => {
        this.intent = intent
        this.served.push(intent.commit)
        this.onServed()
      },
      onProgress: (progress) => this.progress.push(progress),
      ...options,
    })
    this.reconciler = reconciler
    this.live = live
    this.log = log
    onTestFinished(async () => await this.live.close())
  }

  async pass(): Promise<ReconcileOutcome> {
    return await this.reconciler.pass(new AbortController().signal)
  }

  async catchUp(): Promise<ReconcileOutcome> {
    return await this.reconciler.catchUp(new AbortController().signal)
  }

  async restore(): Promise<CommitSha | undefined> {
    return await this.reconciler.restore(new AbortController().signal)
  }

  /** As it is printed for people. */
  readonly effectOf: EffectOf = (edit) => {
    if (this.intent === undefined) throw new Error('nothing is served that could drift')
    const parts = { policies: this.#policies, matches: this.#matches }
    return printEditEffect(editEffect({ served: this.intent, edit, ...parts }))
  }

  watchDrift(mode: 'correct' | 'report' = 'correct'): DriftWatch {
    const { reconciler, live, cluster, clock, log, effectOf } = this
    const watch = new DriftWatch({
      reconciler,
      live,
      cluster,
      repository: 'policies',
      mode: () => mode,
      effectOf,
      onDrift: (report) => this.drift.push(report),
      clock,
      log,
    })
    onTestFinished(async () => await watch.close())
    return watch
  }

  /** The stations told of since the last call, as `applied 1a2b3c4`. */
  told(): readonly string[] {
    return this.progress.splice(0).map(({ type, commit }) => `${type} ${commit.slice(0, 7)}`)
  }
}

export async function aReconcilerWorld(options: WorldOptions = {}): Promise<ReconcilerWorld> {
  const clock = new FakeClock()
  return new ReconcilerWorld(new MemoryGit(), await anEmbeddedCluster({ clock }), clock, options)
}

/** The same repository and cluster after a restart of the control plane. */
export function afterRestart(world: ReconcilerWorld): ReconcilerWorld {
  return new ReconcilerWorld(world.git, world.cluster, world.clock)
}
