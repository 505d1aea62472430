/** Writes the status of MeshRepositories: soon, seldom, the newest only, and not at all when nothing changed. */
import { isDeepStrictEqual } from 'node:util'
import type { Clock, Ms } from '../../model/clock.ts'
import type { Entropy } from '../../model/entropy.ts'
import type { Logger } from '../../model/logger.ts'
import { type Cluster, ClusterError } from '../cluster.ts'
import { JitteredBackOff } from '../jittered-back-off.ts'
import { MESH_REPOSITORY } from './mesh-repository-kind.ts'
import { readRepositoryStatus } from './read-repository-status.ts'
import type { RepositoryStatus } from './repository-status.ts'

const FIELD_MANAGER = 'plumbline-status'
/** Two writes a second of each repository are as much as anybody can read. */
const GAP_MS: Ms = 500
const LONGEST_PAUSE_MS: Ms = 30_000
/** What a stopping process waits for its last words. */
const CLOSE_LIMIT_MS: Ms = 5_000

/** From the status as it is stored: called for each attempt, so that what somebody else wrote meanwhile is not lost. */
export type MakeStatus = (previous: RepositoryStatus | undefined) => RepositoryStatus

export interface StatusWriterOptions {
  readonly cluster: Pick<Cluster, 'get' | 'update'>
  readonly namespace: string
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

/** The writes of one repository, which follow each other. */
interface Lane {
  readonly name: string
  readonly backOff: JitteredBackOff
  /** What to write next; replaced by what is newer. */
  next: MakeStatus | undefined
  done: Promise<void>
}

export class StatusWriter {
  readonly #options: StatusWriterOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #closing = new AbortController()

  constructor(options: StatusWriterOptions) {
    this.#options = options
  }

  /** Returns at once and never throws: a status that cannot be written is logged, and tried again until a newer one comes. */
  write(name: string, make: MakeStatus): void {
    if (this.#closing.signal.aborted) return
    const lane = this.#lanes.get(name)
    if (lane !== undefined) {
      lane.next = make
      return
    }
    const { entropy } = this.#options
    const backOff = new JitteredBackOff({ entropy, firstMs: GAP_MS, capMs: LONGEST_PAUSE_MS })
    const started: Lane = { name, backOff, next: make, done: Promise.resolve() }
    this.#lanes.set(name, started)
    started.done = this.#run(started)
  }

  /** Tries once more to write what is due, for five seconds at most. */
  async close(): Promise<void> {
    this.#closing.abort()
    const isDone = new AbortController()
    const written = Promise.all([...this.#lanes.values()].map(({ done }) => done))
    const limit = this.#options.clock.sleep(CLOSE_LIMIT_MS, isDone.signal)
    await Promise.race([written, limit])
    isDone.abort()
  }

  async #run(lane: Lane): Promise<void> {
    const { signal } = this.#closing
    while (lane.next !== undefined) {
      const isLast = signal.aborted
      const pauseMs = await this.#writeNext(lane)
      if (isLast) break
      await this.#options.clock.sleep(pauseMs, signal)
    }
    this.#lanes.delete(lane.name)
  }

  /** Answers how long to wait before the next. */
  async #writeNext(lane: Lane): Promise<Ms> {
    const make = lane.next
    if (make === undefined) return 0
    lane.next = undefined
    try {
      await this.#put(lane.name, make)
      lane.backOff.reset()
      return GAP_MS
    } catch (error) {
      return this.#failed(lane, make, error)
    }
  }

  /** Skips a repository that has gone. */
  async #put(name: string, make: MakeStatus): Promise<void> {
    const { cluster, namespace } = this.#options
    const live = await cluster.get({ ...MESH_REPOSITORY, namespace, name })
    if (live === undefined) return
    const previous = readRepositoryStatus(live)
    const status = make(previous)
    if (isDeepStrictEqual(previous, status)) return
    await cluster.update(
      { ...live, status },
      { fieldManager: FIELD_MANAGER, subresource: 'status' },
    )
  }

  #failed(lane: Lane, make: MakeStatus, error: unknown): Ms {
    const { log } = this.#options
    const { name: repository } = lane
    if (!(error instanceof ClusterError)) {
      log.error('the status of a repository could not be made', { repository, error })
      return GAP_MS
    }
    if (error.code === 'NotFound') return GAP_MS
    lane.next ??= make
    const pauseMs = Math.max(lane.backOff.next(), error.retryAfterMs ?? 0)
    // Somebody wrote between the read and the write: the next attempt begins from there.
    if (error.code !== 'Conflict')
      log.warn('the status of a repository could not be written and is tried again', {
        ...{ repository, error: error.message, pauseMs },
      })
    return pauseMs
  }
}
