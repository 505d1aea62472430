/**
 * Puts back what others change in objects of ours, as soon as the watch tells of it. A change is judged by what the object has
 * become, so our own writes are no drift, whoever else was first to see them.
 */
import type { Clock, Ms } from '../model/clock.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import type { Logger } from '../model/logger.ts'
import { type ObjectId, type ObjectKey, printObjectId, toObjectKey } from '../model/object-id.ts'
import type { DesiredObject } from '../render/kubernetes/desired-object.ts'
import { type Cluster, ClusterError } from './cluster.ts'
import type { DriftReport } from './drift/drift-report.ts'
import { FightRecord } from './drift/fight-record.ts'
import { type Drift, findDrift } from './drift/find-drift.ts'
import type { LiveChange, LiveObjects } from './live-objects.ts'
import { withOwnerMark } from './owner-mark.ts'
import type { Reconciler } from './reconcile.ts'
import { writeObject } from './write-object.ts'

/** Edits that come together are put back together. */
const DEBOUNCE_MS: Ms = 5
/** A failed correction is tried again after this; the next pass would find it too. */
const RETRY_MS: Ms = 1_000

export interface DriftWatchOptions {
  readonly reconciler: Pick<Reconciler, 'desired' | 'exclusively' | 'commit'>
  readonly live: Pick<LiveObjects, 'onChange'>
  readonly cluster: Cluster
  readonly repository: string
  readonly mode: 'correct' | 'report'
  readonly onDrift: (report: DriftReport) => void
  readonly clock: Clock
  readonly log: Logger
}

export class DriftWatch {
  readonly #options: DriftWatchOptions
  /** Objects whose check is due or under way. */
  readonly #pending = new Map<ObjectKey, Promise<void>>()
  readonly #again = new Set<ObjectKey>()
  readonly #fights = new Map<ObjectKey, FightRecord>()
  /** In report mode: the version of each object that was reported, so that one change is reported once. */
  readonly #reported = new Map<ObjectKey, string>()
  readonly #closing = new AbortController()
  readonly #stop: () => void

  /** Watches from now on. */
  constructor(options: DriftWatchOptions) {
    this.#options = options
    this.#stop = options.live.onChange((change) => this.#noticed(change))
  }

  /** Ends once the corrections under way have. */
  async close(): Promise<void> {
    this.#stop()
    this.#closing.abort()
    await Promise.all(this.#pending.values())
  }

  #noticed({ id, after }: LiveChange): void {
    const { reconciler, repository } = this.#options
    const key = toObjectKey(id)
    const desired = reconciler.desired(id)
    // Our own writes end here: what they tell of is what the document says.
    if (
      desired === undefined ||
      findDrift(after, withOwnerMark(desired.object, repository)) === undefined
    )
      return
    if (this.#pending.has(key)) this.#again.add(key)
    else this.#pending.set(key, this.#check(id))
  }

  /** Checks until nothing more happens to the object. */
  async #check(id: ObjectId): Promise<void> {
    const { clock, reconciler } = this.#options
    const key = toObjectKey(id)
    let waitMs = DEBOUNCE_MS
    do {
      this.#again.delete(key)
      await clock.sleep(waitMs + (this.#fights.get(key)?.restMs ?? 0), this.#closing.signal)
      if (this.#closing.signal.aborted) break
      const isDone = await reconciler.exclusively(async () => await this.#tryCorrect(id))
      waitMs = isDone ? DEBOUNCE_MS : RETRY_MS
      if (!isDone) this.#again.add(key)
    } while (this.#again.has(key))
    this.#pending.delete(key)
  }

  /** Answers whether the cluster let us. */
  async #tryCorrect(id: ObjectId): Promise<boolean> {
    const { log } = this.#options
    try {
      await this.#correct(id)
      return true
    } catch (error) {
      const isPort = error instanceof ClusterError
      const fields = { object: printObjectId(id), error }
      if (isPort) log.warn('drift could not be put back and is tried again', fields)
      else log.error('putting drift back ended by a bug', fields)
      return !isPort
    }
  }

  async #correct(id: ObjectId): Promise<void> {
    const { reconciler, cluster, repository, mode } = this.#options
    const desired = reconciler.desired(id)
    const { commit } = reconciler
    if (desired === undefined || commit === undefined) return
    const marked = withOwnerMark(desired.object, repository)
    const live = await cluster.get(id)
    const drift = findDrift(live, marked)
    if (drift === undefined) return
    if (mode === 'report') return this.#report(desired, commit, drift, live)
    const written = await writeObject(cluster, marked)
    // The server has the last word on whether anything differed.
    if (written.metadata.resourceVersion === live?.metadata.resourceVersion) return
    const action = live === undefined ? 'recreated' : 'restored'
    const isFight = this.#noteCorrection(id, drift)
    this.#tell({
      ...toReport(desired, commit, drift),
      action,
      isFight,
      at: this.#options.clock.now(),
    })
  }

  /** One change is reported once, however often it is looked at. */
  #report(
    desired: DesiredObject,
    commit: CommitSha,
    drift: Drift,
    live: KubernetesObject | undefined,
  ): void {
    const key = toObjectKey(desired.id)
    const version = live?.metadata.resourceVersion ?? 'deleted'
    if (this.#reported.get(key) === version) return
    this.#reported.set(key, version)
    const at = this.#options.clock.now()
    this.#tell({ ...toReport(desired, commit, drift), action: 'reported', isFight: false, at })
  }

  #noteCorrection(id: ObjectId, drift: Drift): boolean {
    const { clock, log } = this.#options
    const key = toObjectKey(id)
    const record = this.#fights.get(key) ?? new FightRecord()
    this.#fights.set(key, record)
    const isFight = record.correctedAt(clock.monotonic())
    if (isFight)
      log.warn('somebody keeps changing an object of ours; it is put back less and less often', {
        object: printObjectId(id),
        managers: drift.managers,
        fields: drift.fields,
        restMs: record.restMs,
      })
    return isFight
  }

  #tell(report: DriftReport): void {
    try {
      this.#options.onDrift(report)
    } catch (error) {
      this.#options.log.error('whoever is told of drift threw', { error })
    }
  }
}

function toReport(
  desired: DesiredObject,
  commit: CommitSha,
  { managers, fields }: Drift,
): Pick<DriftReport, 'object' | 'location' | 'commit' | 'managers' | 'fields'> {
  return { object: desired.id, location: desired.location, commit, managers, fields }
}
