/** One repository that is followed: applied while this process leads, and served in any case. */
import type { Ms } from '../../../model/clock.ts'
import type { CommitSha } from '../../../model/commit-sha.ts'
import { loggerWith } from '../../../model/logger-with.ts'
import { messageOf } from '../../../model/message-of.ts'
import { printObjectId } from '../../../model/object-id.ts'
import type { DriftReport } from '../../../reconciler/drift/drift-report.ts'
import { printDrift } from '../../../reconciler/drift/print-drift.ts'
import { DriftWatch } from '../../../reconciler/drift-watch.ts'
import { Loop } from '../../../reconciler/loop.ts'
import type { Reconciler } from '../../../reconciler/reconcile.ts'
import type { ReconcileOutcome } from '../../../reconciler/reconcile-outcome.ts'
import type { RepositorySpec } from '../../../reconciler/repositories/repository-spec.ts'
import type { RepositoryState } from '../../../reconciler/repositories/repository-state.ts'
import type { Schedule } from '../../../reconciler/schedule.ts'
import type { Shell } from '../shell.ts'
import { ProgressRecorder } from '../status/progress-recorder.ts'
import { StatusBoard } from '../status/status-board.ts'
import { driftEffects } from './drift-effects.ts'
import { makeReconciler, type RepositoryReconciler } from './make-reconciler.ts'
import type { AskedRepository, RepositoryContext } from './repository-context.ts'
import { watchInventory } from './watch-inventory.ts'

/** Drifts that are remembered. */
const DRIFTS = 20
/** A replica that does not lead is told of what is accepted; should that be missed, it looks by itself. */
const LOOK_ANYWAY: Schedule = { type: 'every', intervalMs: 60_000 }
const DEPENDENCY_RETRY_MS = 5_000
const SUSPENDED: ReconcileOutcome = {
  ...{ type: 'waiting', reason: 'it is suspended', retryAfterMs: 3_600_000 },
}

export class RepositoryRun {
  readonly name: string
  readonly board = new StatusBoard()
  readonly #context: RepositoryContext
  readonly #shell: Shell
  readonly #parts: RepositoryReconciler
  readonly #recorder: ProgressRecorder
  readonly #passes: Loop<string>
  readonly #looks: Loop<string>
  readonly #closing = new AbortController()
  #asked: AskedRepository
  #running: Promise<void> | undefined
  #outcome: ReconcileOutcome | undefined
  #handledReconcileAt: string | undefined
  /** When the newest commit was read, and when the last pass began that got as far as reading one; on the monotonic clock. */
  #commitSince: Ms | undefined
  #lookedAt: Ms = Number.NEGATIVE_INFINITY
  #drifts: readonly DriftReport[] = []
  #driftTotal = 0

  constructor(asked: AskedRepository, context: RepositoryContext) {
    const { name } = asked.spec
    const { shell, isOnly, access, enforcement, onChange } = context
    this.name = name
    this.#asked = asked
    this.#context = context
    this.#shell = isOnly ? shell : { ...shell, log: loggerWith(shell.log, { repository: name }) }
    this.#recorder = new ProgressRecorder({
      ...{ ...this.#shell, board: this.board },
      accessChanges: (intent) => access.changes(name, intent),
      enforcement: (commit) => enforcement({ repository: name, commit }),
    })
    this.#parts = makeReconciler(context, this.#shell, () => this.spec, {
      onIntent: (intent) => context.mesh.setIntent(name, intent),
      onProgress: (progress) => {
        if (progress.type === 'sourced') this.#commitSince = this.#shell.clock.monotonic()
        this.#recorder.progress(progress)
      },
    })
    this.#passes = this.#loop(
      () => this.spec.schedule,
      async (signal) => await this.#pass(signal),
    )
    this.#looks = this.#loop(
      () => LOOK_ANYWAY,
      async (signal) => await this.#look(signal),
    )
    this.board.onChange(() => onChange(name))
  }

  /** What its objects are wanted by. */
  get reconciler(): Pick<Reconciler, 'wants' | 'commit'> {
    return this.#parts.reconciler
  }

  get state(): RepositoryState {
    const { spec, generation } = this.#asked
    const { reconciler } = this.#parts
    return {
      spec: { type: 'valid', spec },
      ...{ generation, handledReconcileAt: this.#handledReconcileAt },
      records: this.board.history,
      ...{ outcome: this.#outcome, pin: reconciler.pin, served: reconciler.commit },
      ...{ objects: reconciler.owned, proxies: this.#context.proxies() },
      ...{ drifts: this.#drifts, driftTotal: this.#driftTotal },
      now: this.#shell.clock.now(),
    }
  }

  /** Whether its last pass ended because something else has to happen first. */
  get isWaiting(): boolean {
    return this.#outcome?.type === 'waiting' && !this.spec.suspend
  }

  get commitSince(): Ms | undefined {
    return this.#commitSince
  }

  /** Whether it may want something else by now than it was seen to want; nobody waits for one that cannot be read. */
  isBehind(since: Ms): boolean {
    const cannotBeRead = this.spec.suspend || this.#outcome?.type === 'failed'
    return !cannotBeRead && this.#lookedAt < since
  }

  /** Goes on until it is closed. */
  start(): void {
    this.#running ??= this.#run(this.#closing.signal)
  }

  /** Ends once what is under way has ended. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the repository is not followed any more'))
    await this.#running
  }

  /** Asks for a pass as soon as possible. */
  request(reason: string): void {
    this.#passes.request(this.name, reason)
  }

  /** What is asked for has changed, but neither where it is read from nor as whom it writes. */
  update(asked: AskedRepository): void {
    // How the last pass ended says nothing of what is asked for now.
    if (asked.generation !== this.#asked.generation) this.#outcome = undefined
    this.#asked = asked
    this.request('the MeshRepository changed')
    this.#context.onChange(this.name)
  }

  proxiesMoved(commit: CommitSha): void {
    this.#recorder.proxiesMoved(commit)
  }

  /** As it is asked for now. */
  get spec(): RepositorySpec {
    return this.#asked.spec
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { leading } = this.#context
    await this.#restore(signal)
    while (!signal.aborted) {
      const { changed, term } = leading
      if (term === undefined) await this.#follow(AbortSignal.any([signal, changed]))
      else await leading.act(this.#lead(AbortSignal.any([signal, term.signal])))
    }
  }

  /** A restart must not wait for git: proxies that come back are told what they were told before. */
  async #restore(signal: AbortSignal): Promise<void> {
    const { log } = this.#shell
    try {
      const commit = await this.#parts.reconciler.restore(signal)
      if (commit !== undefined) log.info('serving the last good commit again', { commit })
    } catch (error) {
      if (signal.aborted) return
      log.warn('the last good commit cannot be read from the cache; asking the repository', {
        error: messageOf(error),
      })
    }
    this.#heard()
  }

  /** Serves what the replica that leads has accepted. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { cluster } = this.#context
    const watching = watchInventory(
      { ...this.#shell, cluster, repository: this.name },
      () => this.#looks.request(this.name, 'inventory'),
      signal,
    )
    await this.#looks.run(signal)
    await watching
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { objects: cluster, reconciler } = this.#parts
    const { live, mesh } = this.#context
    const drift = new DriftWatch({
      ...{ ...this.#shell, reconciler, live, cluster, repository: this.name },
      // Nobody's edits are undone while we are told to do nothing.
      mode: () => (this.spec.suspend ? 'report' : this.spec.drift),
      effectOf: driftEffects(this.#parts, this.#context.compiler, (intent) =>
        mesh.meshWith(this.name, intent),
      ),
      onDrift: (report) => this.#noteDrift(report),
    })
    try {
      await this.#passes.run(signal)
    } finally {
      await drift.close()
    }
  }

  async #look(signal: AbortSignal): Promise<ReconcileOutcome> {
    const outcome = await this.#parts.reconciler.catchUp(signal)
    this.#heard()
    return outcome
  }

  async #pass(signal: AbortSignal): Promise<ReconcileOutcome> {
    const { requestedAt } = this.#asked
    const before = this.#outcome
    const begunAt = this.#shell.clock.monotonic()
    const outcome = await this.#passUnlessHeld(signal)
    this.#outcome = outcome
    if (outcome.type !== 'failed') this.#lookedAt = begunAt
    this.#context.onPassed(this.name)
    if (isNewlySynced(outcome, before)) this.#context.onSynced(this.name)
    this.#handledReconcileAt = requestedAt
    this.#heard()
    return outcome
  }

  async #passUnlessHeld(signal: AbortSignal): Promise<ReconcileOutcome> {
    if (this.spec.suspend) return SUSPENDED
    const reason = this.#context.waitsFor(this.spec)
    if (reason === undefined) return await this.#parts.reconciler.pass(signal)
    return {
      ...{ type: 'waiting', waitsFor: 'dependency', reason },
      retryAfterMs: DEPENDENCY_RETRY_MS,
    }
  }

  #noteDrift(report: DriftReport): void {
    this.#drifts = [...this.#drifts, report].slice(-DRIFTS)
    this.#driftTotal += 1
    const object = printObjectId(report.object)
    this.#shell.log.warn('drift', { summary: printDrift(report), ...report, object })
    this.#context.onChange(this.name)
  }

  /** Whether there is anything of this repository to serve is known now, and whoever waited for that need not any more. */
  #heard(): void {
    if (this.#parts.reconciler.hasNothingAccepted) this.#context.mesh.hasNothing(this.name)
  }

  #loop(
    schedule: () => Schedule,
    reconcile: (signal: AbortSignal) => Promise<ReconcileOutcome>,
  ): Loop<string> {
    return new Loop({
      ...{ ...this.#shell, keys: [this.name], schedule },
      reconcile: async (_pass, signal) => await reconcile(signal),
      ended: (_key, outcome) => {
        this.#recorder.ended(outcome)
        this.#context.onChange(this.name)
      },
    })
  }
}

function isNewlySynced(outcome: ReconcileOutcome, before: ReconcileOutcome | undefined): boolean {
  if (outcome.type !== 'synced') return false
  return before?.type !== 'synced' || before.commit !== outcome.commit
}
