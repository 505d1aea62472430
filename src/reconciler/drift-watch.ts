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
import { DriftTeller, type EffectOf } from './drift/drift-teller.ts'
import { effectiveObject, judgeDelegation } from './drift/effective-object.ts'
import { fightAdvice } from './drift/fight-advice.ts'
import { FightRecord } from './drift/fight-record.ts'
import { type Drift, findDrift } from './drift/find-drift.ts'
import type { LiveChange, LiveObjects } from './live-objects.ts'
import { withOwnerMark } from './owner-mark.ts'
import { preconditionsOf } from './preconditions-of.ts'
import type { Reconciler } from './reconcile.ts'
import { writeObject } from './write-object.ts'

/** Edits that come together are put back together. */
const DEBOUNCE_MS: Ms = 5
/** A failed correction is tried again after this; the next pass would find it too. */
const RETRY_MS: Ms = 1_000
/** So often at once where others write in between; then after the pause. */
const MAX_OVERTAKEN = 3

export interface DriftWatchOptions {
  readonly reconciler: Pick<Reconciler, 'desired' | 'exclusively' | 'commit'>
  readonly live: Pick<LiveObjects, 'onChange'>
  readonly cluster: Cluster
  readonly repository: string
  /** Asked at each drift. `report`: it is told of and left as it is. */
  readonly mode: () => 'correct' | 'report'
  /** Asked once an object is put back, or seen where it is left as it is. */
  readonly effectOf: EffectOf
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
  readonly #teller: DriftTeller
  readonly #closing = new AbortController()
  readonly #stop: () => void

  /** Watches from now on. */
  constructor(options: DriftWatchOptions) {
    this.#options = options
    this.#teller = new DriftTeller(options)
    this.#stop = options.live.onChange((change) => this.#noticed(change))
  }

  /** Ends once the corrections under way have, and have been told of. */
  async close(): Promise<void> {
    this.#stop()
    this.#closing.abort()
    await Promise.all(this.#pending.values())
    await this.#teller.close()
  }

  #noticed({ id, after }: LiveChange): void {
    const { reconciler, repository } = this.#options
    const key = toObjectKey(id)
    const desired = reconciler.desired(id)
    if (desired === undefined) return
    // Our own writes end here: what they tell of is what the document says.
    const object = effectiveObject(desired.object, after)
    if (findDrift(after, withOwnerMark(object, repository)) === undefined) return
    if (this.#pending.has(key)) this.#again.add(key)
    else this.#pending.set(key, this.#check(id))
  }

  /** Checks until nothing more happens to the object. */
  async #check(id: ObjectId): Promise<void> {
    const { clock } = this.#options
    const key = toObjectKey(id)
    let pauseMs = 0
    do {
      this.#again.delete(key)
      await clock.sleep(pauseMs + (this.#fights.get(key)?.restMs ?? 0), this.#closing.signal)
      const isDone = await this.#teller.first(async () => await this.#debounced(id))
      pauseMs = isDone ? 0 : RETRY_MS
      if (!isDone) this.#again.add(key)
    } while (this.#again.has(key) && !this.#closing.signal.aborted)
    this.#pending.delete(key)
  }

  async #debounced(id: ObjectId): Promise<boolean> {
    const { clock, reconciler } = this.#options
    await clock.sleep(DEBOUNCE_MS, this.#closing.signal)
    if (this.#closing.signal.aborted) return true
    return await reconciler.exclusively(async () => await this.#tryCorrect(id, MAX_OVERTAKEN))
  }

  /** Answers whether the cluster let us. Somebody who writes between our reading and our writing is read, too. */
  async #tryCorrect(id: ObjectId, tries: number): Promise<boolean> {
    const { log } = this.#options
    try {
      await this.#correct(id)
      return true
    } catch (error) {
      const isOvertaken = error instanceof ClusterError && error.code === 'Conflict'
      if (isOvertaken && tries > 0) return await this.#tryCorrect(id, tries - 1)
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
    const live = await cluster.get(id)
    const marked = withOwnerMark(effectiveObject(desired.object, live), repository)
    const drift = findDrift(live, marked)
    if (drift === undefined) return
    const delegation = delegationBroken(desired, live, drift)
    const found = { desired, commit, drift, live, delegation }
    if (mode() === 'report') return this.#report(found)
    const written = await writeObject(cluster, marked, preconditionsOf(live))
    // The server has the last word on whether anything differed.
    if (written.metadata.resourceVersion === live?.metadata.resourceVersion) return
    const action = live === undefined ? 'recreated' : 'restored'
    this.#tell({ ...found, action, ...this.#noteCorrection(found) })
  }

  /** One change is reported once, however often it is looked at. */
  #report(found: Found): void {
    const key = toObjectKey(found.desired.id)
    const version = found.live?.metadata.resourceVersion ?? 'deleted'
    if (this.#reported.get(key) === version) return
    this.#reported.set(key, version)
    this.#tell({ ...found, action: 'reported', isFight: false })
  }

  #noteCorrection(found: Found): Pick<DriftReport, 'isFight' | 'advice'> {
    const { clock, log } = this.#options
    const { drift, delegation } = found
    const { id } = found.desired
    const key = toObjectKey(id)
    const record = this.#fights.get(key) ?? new FightRecord()
    this.#fights.set(key, record)
    const isFight = record.correctedAt(clock.monotonic(), drift.managers)
    if (!isFight) return { isFight }
    const advice = fightAdvice(id, record.managers, delegation)
    log.warn('somebody keeps changing an object of ours; it is put back less and less often', {
      object: printObjectId(id),
      managers: record.managers,
      fields: drift.fields,
      restMs: record.restMs,
      advice,
    })
    return { isFight, advice }
  }

  #tell({ desired, commit, drift, live, delegation, ...outcome }: Found & Outcome): void {
    const { id, location } = desired
    const at = this.#options.clock.now()
    const report = {
      ...{ object: id, location, commit, at },
      ...drift,
      ...outcome,
      ...(delegation !== undefined && { delegation }),
    }
    this.#teller.tell(report, { id, live, commit })
  }
}

interface Found {
  readonly desired: DesiredObject
  readonly commit: CommitSha
  readonly drift: Drift
  /** As it was left. */
  readonly live: KubernetesObject | undefined
  readonly delegation: string | undefined
}

/** Why the weights that somebody set are not followed, where they are handed over at all. */
function delegationBroken(
  desired: DesiredObject,
  live: KubernetesObject | undefined,
  { fields }: Drift,
): string | undefined {
  const judged = judgeDelegation(desired.object, live)
  const isAboutWeights = fields.some((field) => field.startsWith('.spec.backends'))
  return judged?.type === 'refused' && isAboutWeights ? judged.reason : undefined
}

type Outcome = Pick<DriftReport, 'action' | 'isFight' | 'advice'>
