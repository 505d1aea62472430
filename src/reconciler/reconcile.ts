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
import { type ObjectId, type ObjectKey, type ObjectKind, toObjectKey } from '../model/object-id.ts'
import type { Problem } from '../model/problem.ts'
import { wantedFile } from '../policy/files/wanted-file.ts'
import type { Intent } from '../policy/intent.ts'
import type { PolicyCompiler } from '../policy/policy-compiler.ts'
import type { DesiredObject } from '../render/kubernetes/desired-object.ts'
import { apply } from './apply.ts'
import type { Cluster } from './cluster.ts'
import { DesiredCache } from './desired-cache.ts'
import { Exclusive } from './exclusive.ts'
import type { CommitHeader, GitSource, ReadLimits } from './git-source.ts'
import { type Inventory, unionInventory } from './inventory/inventory.ts'
import { InventoryStore } from './inventory/inventory-store.ts'
import type { LiveObjects } from './live-objects.ts'
import { observe } from './observe.ts'
import { isPortError, toFailure, toOutcome } from './pass-outcome.ts'
import type { PassProgress } from './pass-progress.ts'
import { type PruneLimits, parsePruneAllowance } from './plan/prune-guard.ts'
import { isEmptyPlan, type Plan } from './plan/step.ts'
import { plan } from './plan.ts'
import type { ReconcileOutcome } from './reconcile-outcome.ts'

export interface ReconcilerOptions {
  readonly git: GitSource
  readonly ref: string
  /** The folder of the repository that holds the policies; `''` for all of it. */
  readonly path: string
  readonly limits: ReadLimits
  readonly compiler: Pick<PolicyCompiler, 'compile'>
  /** Problems that only the whole Intent shows, as failing policy tests; an error stops the commit. */
  readonly verify: (intent: Intent) => readonly Problem[]
  readonly cluster: Cluster
  readonly live: LiveObjects
  /** The repository's name in this cluster: a label value. */
  readonly repository: string
  /** Where the inventory is kept; must exist. */
  readonly controlNamespace: string
  readonly pruneLimits: PruneLimits
  readonly createNamespaces: boolean
  /** `report`: a pass over a commit that was applied before writes nothing, whatever others did to its objects. */
  readonly drift: 'correct' | 'report'
  /** Called with each Intent to serve, before it is mirrored in the cluster. */
  readonly onIntent: (intent: Intent) => void
  readonly onProgress: (progress: PassProgress) => void
  readonly clock: Clock
  readonly log: Logger
}

/** A commit as it was judged. */
interface ValidCommit {
  readonly type: 'valid'
  readonly header: CommitHeader
  readonly intent: Intent
  readonly desired: readonly DesiredObject[]
  /** Warnings. */
  readonly problems: readonly Problem[]
}
type JudgedCommit =
  | ValidCommit
  | {
      readonly type: 'invalid'
      readonly header: CommitHeader
      readonly problems: readonly Problem[]
    }

const NAMESPACE: ObjectKind = { group: '', version: 'v1', kind: 'Namespace' }

export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #store: InventoryStore
  readonly #exclusive = new Exclusive()
  readonly #desiredCache = new DesiredCache()
  /** As it is stored; absent when it has to be read. */
  #inventory: Inventory | undefined
  #judged: JudgedCommit | undefined
  #served: ValidCommit | undefined
  #desired: ReadonlyMap<ObjectKey, DesiredObject> = new Map()
  /** The plan that was last told of, so that one that waits is told of once. */
  #toldPlan = ''

  constructor(options: ReconcilerOptions) {
    const { cluster, controlNamespace: namespace, repository, log } = options
    this.#options = options
    this.#store = new InventoryStore({ cluster, namespace, repository, log })
  }

  /** The commit that is served. */
  get commit(): CommitSha | undefined {
    return this.#served?.header.sha
  }

  /** What the commit that is served wants of an object; `undefined` for one that is not ours. */
  desired(id: ObjectId): DesiredObject | undefined {
    return this.#desired.get(toObjectKey(id))
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
      const { accepted } = await this.#loadInventory()
      if (accepted === undefined) return undefined
      const judged = await this.#judge(accepted, signal)
      if (judged.type === 'valid') {
        this.#serve(judged)
        return accepted
      }
      // Another version accepted it, and this one does not.
      this.#options.log.error('the commit that was served is refused now, and nothing is served', {
        commit: accepted,
        problems: judged.problems.length,
      })
      return undefined
    })
  }

  /** One pass. Throws only on a bug, or when the signal aborts. */
  async pass(signal: AbortSignal): Promise<ReconcileOutcome> {
    return await this.#exclusive.run(async () => {
      let commit: CommitSha | undefined
      try {
        commit = await this.#options.git.resolve(this.#options.ref, signal)
        return await this.#reconcile(commit, signal)
      } catch (error) {
        // What is stored may not be what we remember.
        this.#inventory = undefined
        if (signal.aborted || !isPortError(error)) throw error
        return toFailure(error, commit)
      }
    })
  }

  async #reconcile(commit: CommitSha, signal: AbortSignal): Promise<ReconcileOutcome> {
    const judged = await this.#source(commit, signal)
    if (judged.type === 'invalid') return { type: 'stalled', commit, problems: judged.problems }
    const inventory = await this.#loadInventory()
    const planned = await this.#plan(judged, inventory, signal)
    if (planned.blocked !== undefined) return toOutcome(planned, undefined)
    const ids = judged.desired.map(({ id }) => id)
    const union = await this.#save(unionInventory(inventory, commit, ids))
    this.#serve(judged)
    const { cluster, drift } = this.#options
    if (drift === 'report' && inventory.applied === commit) return { type: 'synced', commit }
    const result = await apply({ cluster, plan: planned, inventory: union, signal })
    await this.#save(result.inventory)
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
    const from = this.commit ?? (await this.#loadInventory()).accepted
    const move =
      from === undefined
        ? { relation: 'first' as const }
        : { relation: await git.relation({ from, to: commit }, signal), before: from }
    this.#tell({ type: 'sourced', commit, header, ...move, at: this.#now() })
    const judged = await this.#judge(commit, signal, header)
    const { problems } = judged
    const at = this.#now()
    if (judged.type === 'invalid') this.#tell({ type: 'rejected', commit, problems, at })
    else this.#tell({ type: 'validated', commit, intent: judged.intent, problems, at })
    this.#judged = judged
    return judged
  }

  async #judge(
    commit: CommitSha,
    signal: AbortSignal,
    known?: CommitHeader,
  ): Promise<JudgedCommit> {
    const { git, path, limits, compiler, verify } = this.#options
    const header = known ?? (await git.header(commit, signal))
    const files = await git.read({ commit, path, wanted: wantedFile, limits, signal })
    const compilation = compiler.compile({ commit, files, root: path })
    if (compilation.type === 'invalid')
      return { type: 'invalid', header, problems: compilation.problems }
    const { intent } = compilation
    const problems = [...compilation.problems, ...verify(intent)]
    if (problems.some(({ severity }) => severity === 'error'))
      return { type: 'invalid', header, problems }
    return { type: 'valid', header, intent, desired: this.#desiredCache.of(intent), problems }
  }

  async #plan(judged: ValidCommit, inventory: Inventory, signal: AbortSignal): Promise<Plan> {
    const { cluster, live, repository, pruneLimits, createNamespaces } = this.#options
    const { desired, header } = judged
    await live.follow(kindsOf(desired), signal)
    const observations = await observe({
      cluster,
      repository,
      desired,
      inventory,
      live: (id) => live.get(id),
      signal,
    })
    const planned = plan({
      commit: header.sha,
      repository,
      observations,
      limits: pruneLimits,
      allowance: parsePruneAllowance(header.message),
      createNamespaces,
    })
    this.#tellPlan(planned)
    return planned
  }

  /** From here on this is the commit that proxies follow and that drift is measured against. */
  #serve(judged: ValidCommit): void {
    if (this.#served?.intent === judged.intent) return
    this.#served = judged
    this.#desired = new Map(judged.desired.map((desired) => [toObjectKey(desired.id), desired]))
    this.#options.onIntent(judged.intent)
  }

  async #loadInventory(): Promise<Inventory> {
    this.#inventory ??= await this.#store.load()
    return this.#inventory
  }

  async #save(next: Inventory): Promise<Inventory> {
    const { accepted, applied, entries } = await this.#loadInventory()
    const isSame =
      accepted === next.accepted && applied === next.applied && entries === next.entries
    if (!isSame) await this.#store.save(next)
    this.#inventory = next
    return next
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

function kindsOf(desired: readonly DesiredObject[]): readonly ObjectKind[] {
  const kinds = new Map<string, ObjectKind>([[NAMESPACE.kind, NAMESPACE]])
  for (const { id } of desired) kinds.set(`${id.group}/${id.version}/${id.kind}`, id)
  return [...kinds.values()]
}
