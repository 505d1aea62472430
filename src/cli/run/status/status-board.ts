/** Holds what became of the last commits, for the HTTP API, the log and whoever waits for a commit to be enforced. */
import type { Instant } from '../../../model/clock.ts'
import type { CommitSha } from '../../../model/commit-sha.ts'
import { untilAborted } from '../../../model/until-aborted.ts'
import { type CommitRecord, isSettled } from '../../../reconciler/commit-record.ts'

const KEPT = 20

type Listener = (record: CommitRecord) => void

/** Passes that fail one after the other: the world may have moved on, and we do not see it. */
export interface Failing {
  /** When the first of them failed. */
  readonly since: Instant
  /** What the last one says. */
  readonly error: string
}

export class StatusBoard {
  /** In the order in which commits were first seen; the newest is last. */
  readonly #records = new Map<CommitSha, CommitRecord>()
  readonly #listeners = new Set<Listener>()
  #failing: Failing | undefined

  /** Absent while passes end by themselves, whatever they find. */
  get failing(): Failing | undefined {
    return this.#failing
  }

  /** A pass has ended at that moment, by this error or well. */
  passEnded(at: Instant, error: string | undefined): void {
    this.#failing = error === undefined ? undefined : { since: this.#failing?.since ?? at, error }
  }

  get history(): readonly CommitRecord[] {
    return [...this.#records.values()]
  }

  record(commit: CommitSha): CommitRecord | undefined {
    return this.#records.get(commit)
  }

  /** Begins the record of a commit that was just read from git. A commit that comes back begins afresh. */
  begin(record: CommitRecord): void {
    this.#records.delete(record.commit)
    for (const [commit, earlier] of this.#records)
      if (!isSettled(earlier)) this.#put({ ...earlier, commit, state: 'superseded' })
    this.#put(record)
    for (const commit of [...this.#records.keys()].slice(0, -KEPT)) this.#records.delete(commit)
  }

  /** Does nothing for a commit that has left the board. */
  update(commit: CommitSha, change: Partial<Omit<CommitRecord, 'commit'>>): void {
    const known = this.#records.get(commit)
    if (known === undefined) return
    // A reason belongs to the state that it was given with.
    const { reason: _reason, ...rest } = known
    this.#put({ ...(change.state === undefined ? known : rest), ...change })
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves with the record once the commit is settled; rejects with the signal's reason when that comes first. */
  async settled(commit: CommitSha, signal: AbortSignal): Promise<CommitRecord> {
    const { promise, resolve } = Promise.withResolvers<CommitRecord>()
    const look = (record: CommitRecord) => {
      if (record.commit === commit && isSettled(record)) resolve(record)
    }
    const forget = this.onChange(look)
    const known = this.#records.get(commit)
    if (known !== undefined) look(known)
    try {
      return await untilAborted(promise, signal)
    } finally {
      forget()
    }
  }

  #put(record: CommitRecord): void {
    this.#records.set(record.commit, record)
    for (const listener of this.#listeners) listener(record)
  }
}
