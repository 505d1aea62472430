/** Works out what each drift would have meant, and tells of it, once nothing waits to be put back: that never waits for words. */
import type { Clock, Ms } from '../../model/clock.ts'
import type { CommitSha } from '../../model/commit-sha.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { Logger } from '../../model/logger.ts'
import type { ObjectId } from '../../model/object-id.ts'
import type { DriftEffect, DriftReport } from './drift-report.ts'

/** An object as somebody left it: absent for one that was deleted. */
export interface ForeignEdit {
  readonly id: ObjectId
  readonly live: KubernetesObject | undefined
  /** The commit it is measured against. */
  readonly commit: CommitSha
}

/** What the edit would have meant, had it been the commit. Synchronous: it may cost what a commit of one document does. */
export type EffectOf = (edit: ForeignEdit) => DriftEffect

/** More than these at once are told of without their effect: whoever reads so many lines wants them soon. */
const MAX_WAITING = 200
/** At least this between two effects, and at least what the last one took: half of the time is for everything else we do. */
const PAUSE_MS: Ms = 1

export interface DriftTellerOptions {
  readonly effectOf: EffectOf
  readonly onDrift: (report: DriftReport) => void
  readonly clock: Clock
  readonly log: Logger
}

type Untold = Omit<DriftReport, 'effect'>

export class DriftTeller {
  readonly #options: DriftTellerOptions
  readonly #waiting: { readonly report: Untold; readonly edit: ForeignEdit }[] = []
  readonly #closing = new AbortController()
  /** Corrections that are due or under way. */
  #busy = 0
  #telling: Promise<void> | undefined

  constructor(options: DriftTellerOptions) {
    this.#options = options
  }

  /** While the action runs, nothing is worked out. */
  async first<T>(action: () => Promise<T>): Promise<T> {
    this.#busy += 1
    try {
      return await action()
    } finally {
      this.#busy -= 1
      this.#start()
    }
  }

  /** Reports are told of in this order. */
  tell(report: Untold, edit: ForeignEdit): void {
    if (this.#waiting.length >= MAX_WAITING)
      this.#hand({ ...report, effect: noEffect('too many objects were changed at once') })
    else this.#waiting.push({ report, edit })
    this.#start()
  }

  /** Tells of the rest without its effects. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#telling
    for (const { report } of this.#waiting.splice(0))
      this.#hand({ ...report, effect: noEffect('the control plane was about to stop') })
  }

  #start(): void {
    if (this.#busy > 0 || this.#waiting.length === 0 || this.#closing.signal.aborted) return
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined
      this.#start()
    })
  }

  async #tellAll(): Promise<void> {
    const { clock } = this.#options
    while (this.#busy === 0 && !this.#closing.signal.aborted) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      const since = clock.monotonic()
      this.#hand({ ...next.report, effect: this.#effectOf(next.edit) })
      await clock.sleep(Math.max(PAUSE_MS, clock.monotonic() - since), this.#closing.signal)
    }
  }

  #effectOf(edit: ForeignEdit): DriftEffect {
    const { effectOf, log } = this.#options
    try {
      return effectOf(edit)
    } catch (error) {
      log.error('what a drift would have meant could not be worked out', { error })
      return noEffect('working it out ended by a bug')
    }
  }

  #hand(report: DriftReport): void {
    try {
      this.#options.onDrift(report)
    } catch (error) {
      this.#options.log.error('whoever is told of drift threw', { error })
    }
  }
}

function noEffect(reason: string): DriftEffect {
  const note = `what it would have meant is not known: ${reason}`
  return { opened: [], closed: [], traffic: [], note }
}
