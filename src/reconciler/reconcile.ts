/**
 * Makes the cluster match the branch, one pass at a time. A pass reads everything afresh; what did not change costs nothing.
 *
 * When the Intent is handed on: after the plan is allowed and the inventory that names the commit is stored, before the
 * first object is written. The commit is the truth and the cluster its mirror, so proxies need not wait for the mirror, nor
 * must a failing write of it keep a denial from them; and what is served is always what a restart would go back to.
 */
import type { Clock, Instant } from '../model/clock.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import type { Logger } from '../model/logger.ts'
import { type ObjectId, toObjectKey } from '../model/object-id.ts'
import type { Intent } from '../policy/intent.ts'
import type { DesiredObject } from '../render/kubernetes/desired-object.ts'
import { apply } from './apply.ts'
import type { Cluster } from './cluster.ts'
import {
  CommitJudge,
  type CommitJudgeOptions,
  type JudgedCommit,
  type ValidCommit,
} from './commit-judge.ts'
import { Exclusive } from './exclusive.ts'
import type { GitSource } from './git-source.ts'
import { type Inventory, unionInventory } from './inventory/inventory.ts'
import { InventoryKeeper } from './inventory/inventory-keeper.ts'
import { InventoryStore } from './inventory/inventory-store.ts'
import { kindsOf } from './kinds-of.ts'
import type { LiveObjects } from './live-objects.ts'
import { observe } from './observe.ts'
import { NO_OTHERS, type Ownership } from './ownership.ts'
import { isPortError, toFailure, toOutcome } from './pass-outcome.ts'
import type { PassProgress } from './pass-progress.ts'
import { parsePruneAllowance } from './plan/prune-guard.ts'
import { isEmptyPlan, type Plan } from './plan/step.ts'
import type { StepRules } from './plan/step-rules.ts'
import { trackedIds } from './plan/tracked-ids.ts'
import { plan } from './plan.ts'
import type { ReconcileOutcome } from './reconcile-outcome.ts'
import { type PinState, pinState } from './repositories/pin-state.ts'
import type { RepositorySpec } from './repositories/repository-spec.ts'
import { ServedCommit } from './served-commit.ts'

/** What may change from pass to pass without anything being read anew. */
export type PassSettings = Pick<
  RepositorySpec,
  'prune' | 'pruneLimits' | 'createNamespaces' | 'drift' | 'pin'
>

export interface ReconcilerOptions extends CommitJudgeOptions {
  readonly git: GitSource
  readonly ref: string
  /** Where the objects are written, with the rights of whoever the repository writes for. */
  readonly cluster: Cluster
  /** Where the inventory is kept, with our own rights. */
  readonly home: Cluster
  readonly live: LiveObjects
  /** The repository's name in this cluster: a label value. */
  readonly repository: string
  /** Where the inventory is kept; must exist. */
  readonly controlNamespace: string
  /** What the other repositories of this cluster want; NO_OTHERS when left out. */
  readonly ownership?: Ownership
  /** Asked once a pass. Drift `report`: a pass over a commit that was applied before writes nothing, whatever others did. */
  readonly settings: () => PassSettings
  /** Called with each Intent to serve, before it is mirrored in the cluster. */
  readonly onIntent: (intent: Intent) => void
  readonly onProgress: (progress: PassProgress) => void
  readonly clock: Clock
  readonly log: Logger
}

/** Whoever applies has accepted nothing yet, or nothing that can be served here. */
const NOTHING_ACCEPTED = {
  reason: 'no commit has been accepted yet',
  retryAfterMs: 5_000,
} as const

export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #inventory: InventoryKeeper
  readonly #judge: CommitJudge
  readonly #exclusive = new Exclusive()
  #judged: JudgedCommit | undefined
  readonly #served: ServedCommit
  #pin: PinState = { type: 'none' }
  /** The plan that was last told of, so that one that waits is told of once. */
  #toldPlan = ''

  constructor(options: ReconcilerOptions) {
    const { home: cluster, controlNamespace: namespace, repository, log } = options
    this.#options = options
    const store = new InventoryStore({ cluster, namespace, repository, log })
    this.#inventory = new InventoryKeeper(store)
    this.#judge = new CommitJudge(options)
    this.#served = new ServedCommit({
      ...options,
      ...{ judge: this.#judge, inventory: this.#inventory },
    })
  }

  /** The commit that is served. */
  get commit(): CommitSha | undefined {
    return this.#served.commit
  }

  /** Of the commit that is served. */
  get intent(): Intent | undefined {
    return this.#served.current?.intent
  }

  /** As the last pass found it. */
  get pin(): PinState {
    return this.#pin
  }

  /** Objects in the inventory, as far as it was read. */
  get owned(): number | undefined {
    return this.#inventory.current?.entries.size
  }

  /** Whether it is known that there is no commit to go back to. */
  get hasNothingAccepted(): boolean {
    const { current } = this.#inventory
    return current !== undefined && current.accepted === undefined
  }

  /** Whether the newest good commit wants the object; `unknown` before there is one. */
  wants(id: ObjectId): 'wanted' | 'unwanted' | 'unknown' {
    const newest = this.#judged?.type === 'valid' ? this.#judged : this.#served.current
    if (newest === undefined) return 'unknown'
    return newest.wanted.has(toObjectKey(id)) ? 'wanted' : 'unwanted'
  }

  /** What the commit that is served wants of an object; `undefined` for one that is not ours. */
  desired(id: ObjectId): DesiredObject | undefined {
    return this.#served.desired(id)
  }

  /** Runs when no pass does, and keeps the next one waiting. */
  async exclusively<T>(action: () => Promise<T>): Promise<T> {
    return await this.#exclusive.run(action)
  }

  /**
   * After a restart: serves the last accepted commit again from what was fetched, without asking the remote. Answers with it,
   * or `undefined` when there is none to serve. Throws `GitSourceError` and `ClusterError`.
   */
  async restore(signal: AbortSignal): Promise<CommitSha | undefined> {
    return await this.#exclusive.run(async () => {
      const { accepted } = await this.#inventory.reload()
      return await this.#served.serveAccepted(accepted, signal)
    })
  }

  /**
   * A pass of a replica that does not apply: serves the commit that the one that does has accepted, fetching it where needed.
   * Throws only on a bug, or when the signal aborts.
   */
  async catchUp(signal: AbortSignal): Promise<ReconcileOutcome> {
    return await this.#attempt(signal, async () => {
      const { git } = this.#options
      const { accepted } = await this.#inventory.reload()
      if (accepted === undefined) return { type: 'waiting', ...NOTHING_ACCEPTED }
      if (accepted === this.commit) return { type: 'synced', commit: accepted }
      await git.resolve(accepted, signal)
      return (await this.#served.serveAccepted(accepted, signal)) === undefined
        ? { type: 'waiting', ...NOTHING_ACCEPTED }
        : { type: 'synced', commit: accepted }
    })
  }

  /** One pass. Throws only on a bug, or when the signal aborts. */
  async pass(signal: AbortSignal): Promise<ReconcileOutcome> {
    return await this.#attempt(signal, async (reached) => {
      const commit = await this.#resolve(signal)
      reached(commit)
      await this.#served.goBack(commit, signal)
      return await this.#reconcile(commit, signal)
    })
  }

  async #attempt(
    signal: AbortSignal,
    action: (reached: (commit: CommitSha) => void) => Promise<ReconcileOutcome>,
  ): Promise<ReconcileOutcome> {
    return await this.#exclusive.run(async () => {
      let commit: CommitSha | undefined
      try {
        return await action((reached) => {
          commit = reached
        })
      } catch (error) {
        this.#inventory.forget()
        if (signal.aborted || !isPortError(error)) throw error
        return toFailure(error, commit)
      }
    })
  }

  /** The commit that the ref names, or the one that it is pinned to in its place. */
  async #resolve(signal: AbortSignal): Promise<CommitSha> {
    const { git, ref, settings, clock } = this.#options
    const tip = await git.resolve(ref, signal)
    this.#pin = pinState(settings().pin, tip, clock.now())
    return this.#pin.type === 'holds' ? await git.resolve(this.#pin.pin.commit, signal) : tip
  }

  async #reconcile(commit: CommitSha, signal: AbortSignal): Promise<ReconcileOutcome> {
    const judged = await this.#source(commit, signal)
    if (judged.type === 'invalid') return { type: 'stalled', commit, problems: judged.problems }
    const inventory = await this.#inventory.load()
    const planned = await this.#plan(judged, inventory, signal)
    if (planned.blocked !== undefined) return toOutcome(planned, undefined)
    const union = await this.#inventory.save(unionInventory(inventory, commit, trackedIds(planned)))
    this.#served.serve(judged)
    const { cluster, settings } = this.#options
    if (settings().drift === 'report' && inventory.applied === commit)
      return { type: 'synced', commit }
    const result = await apply({
      cluster,
      plan: planned,
      inventory: union,
      rules: this.#rules(),
      signal,
    })
    await this.#inventory.save(result.inventory)
    if (inventory.applied !== commit || !isEmptyPlan(planned))
      this.#tell({ type: 'applied', commit, plan: planned, result, at: this.#now() })
    return toOutcome(planned, result)
  }

  /** Reads and judges the commit, unless the pass before did. */
  async #source(commit: CommitSha, signal: AbortSignal): Promise<JudgedCommit> {
    const before = this.#judged
    if (before?.header.sha === commit) return before
    const { git } = this.#options
    const header = await git.header(commit, signal)
    const from = this.commit ?? (await this.#inventory.load()).accepted
    const move =
      from === undefined
        ? { relation: 'first' as const }
        : { relation: await git.relation({ from, to: commit }, signal), before: from }
    const pinned = this.#pin.type === 'holds' ? { insteadOf: this.#pin.pin.insteadOf } : {}
    this.#tell({ type: 'sourced', commit, header, ...move, ...pinned, at: this.#now() })
    const judged = await this.#judge.judge(commit, signal, header)
    const { problems } = judged
    const at = this.#now()
    if (judged.type === 'invalid') this.#tell({ type: 'rejected', commit, problems, at })
    else this.#tell({ type: 'validated', commit, intent: judged.intent, problems, at })
    this.#judged = judged
    return judged
  }

  async #plan(judged: ValidCommit, inventory: Inventory, signal: AbortSignal): Promise<Plan> {
    const { cluster, live, settings } = this.#options
    const { desired, header } = judged
    await live.follow(kindsOf([...desired, ...inventory.entries.values()]), signal)
    const rules = this.#rules()
    const observations = await observe({ ...rules, cluster, desired, inventory, live, signal })
    const planned = plan({
      ...rules,
      commit: header.sha,
      observations,
      limits: settings().pruneLimits,
      allowance: parsePruneAllowance(header.message),
    })
    this.#tellPlan(planned)
    return planned
  }

  #rules(): StepRules {
    const { repository, ownership = NO_OTHERS, settings } = this.#options
    const { createNamespaces, prune } = settings()
    return { repository, createNamespaces, ownership, prune }
  }

  #tellPlan(planned: Plan): void {
    const { commit, blocked } = planned
    const key = `${commit} ${blocked ?? ''}`
    if (key === this.#toldPlan && (blocked !== undefined || isEmptyPlan(planned))) return
    this.#toldPlan = key
    this.#tell({ type: 'planned', commit, plan: planned, at: this.#now() })
  }

  #tell(progress: PassProgress): void {
    this.#options.onProgress(progress)
  }

  #now(): Instant {
    return this.#options.clock.now()
  }
}
