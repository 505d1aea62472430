/** The watches of the embedded cluster: one history a kind, told of every commit. */
import type { Clock } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ObjectKind, toObjectId } from '../../model/object-id.ts'
import { ClusterError, type ListOptions, type WatchEvent } from '../cluster.ts'
import { isSelected } from './label-selector.ts'
import { type KindKey, type ObjectStore, toKindKey } from './object-store.ts'
import type { Transaction } from './transaction-log.ts'
import { type Change, WatchHistory } from './watch-history.ts'

/** A quiet watch hears this often where it could continue; over HTTP this also finds readers that are gone. */
const BOOKMARK_INTERVAL_MS = 60_000

export interface WatchOptions extends ListOptions {
  readonly resourceVersion: string
  readonly signal: AbortSignal
}

export class WatchHub {
  readonly #clock: Clock
  readonly #historyLimit: number
  readonly #openedAt: number
  readonly #histories = new Map<KindKey, WatchHistory>()
  #version: number
  #isClosed = false

  /** `version` is the newest there is; what came before it is not known. */
  constructor(options: {
    readonly clock: Clock
    readonly version: number
    /** Changes kept of each kind. */
    readonly historyLimit: number
  }) {
    this.#clock = options.clock
    this.#version = options.version
    this.#openedAt = options.version
    this.#historyLimit = options.historyLimit
  }

  /** Tells the watchers of a transaction; `before` is the state without it. */
  publish(transaction: Transaction, before: Pick<ObjectStore, 'get'>): void {
    this.#version = transaction.version
    for (const { type, object } of transaction.operations) {
      const id = toObjectId(object)
      this.#historyOf(id).append({
        version: transaction.version,
        before: before.get(id),
        after: type === 'put' ? object : undefined,
      })
    }
  }

  /** Follows from the moment of the call, whenever iteration begins. */
  watch(kind: ObjectKind, options: WatchOptions): AsyncIterable<WatchEvent> {
    const history = this.#historyOf(kind)
    const from = Number(options.resourceVersion)
    const isKnown = Number.isSafeInteger(from) && from <= this.#version
    return this.#follow(history, isKnown ? history.seek(from) : undefined, kind, options)
  }

  close(): void {
    this.#isClosed = true
    for (const history of this.#histories.values()) history.wake()
  }

  async *#follow(
    history: WatchHistory,
    start: number | undefined,
    kind: ObjectKind,
    options: WatchOptions,
  ): AsyncIterable<WatchEvent> {
    let position = start
    while (!options.signal.aborted) {
      const change = position === undefined ? 'expired' : history.read(position)
      if (position === undefined || change === 'expired') throw expired(kind, options)
      const event =
        change === undefined ? await this.#wait(history, options.signal) : toEvent(change, options)
      if (change !== undefined) position += 1
      if (event !== undefined) yield event
    }
  }

  /** Until something changes, the signal aborts, or it has been quiet for long enough to say so. */
  async #wait(history: WatchHistory, signal: AbortSignal): Promise<WatchEvent | undefined> {
    if (this.#isClosed) throw new ClusterError('Unavailable', 'the embedded cluster is closed')
    const bookmark = { type: 'bookmark', resourceVersion: String(this.#version) } as const
    const ended = new AbortController()
    const end = () => ended.abort()
    signal.addEventListener('abort', end, { once: true })
    const quiet = this.#clock.sleep(BOOKMARK_INTERVAL_MS, ended.signal).then(() => bookmark)
    const changed = history.changed().then(() => undefined)
    const outcome = await Promise.race([changed, quiet])
    signal.removeEventListener('abort', end)
    end()
    return signal.aborted ? undefined : outcome
  }

  #historyOf(kind: Pick<ObjectKind, 'group' | 'kind'>): WatchHistory {
    const key = toKindKey(kind)
    let history = this.#histories.get(key)
    if (history === undefined) {
      history = new WatchHistory({ floor: this.#openedAt, limit: this.#historyLimit })
      this.#histories.set(key, history)
    }
    return history
  }
}

/** What a change means to a watcher: an object that comes to match its selector is new to it, one that ceases to is gone. */
function toEvent(change: Change, options: ListOptions): WatchEvent | undefined {
  const { before, after } = change
  const was = before !== undefined && isSelected(before, options)
  const is = after !== undefined && isSelected(after, options)
  if (is) return { type: was ? 'modified' : 'added', object: after }
  if (was) return { type: 'deleted', object: atVersion(before, change.version) }
  return undefined
}

/** A deletion is told with the object as it last was, at the version of the deletion: that is where a watch goes on. */
function atVersion(object: KubernetesObject, version: number): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
}

function expired(kind: ObjectKind, options: WatchOptions): ClusterError {
  return new ClusterError(
    'Expired',
    `the changes of ${kind.kind} since resourceVersion ${options.resourceVersion} are no longer kept; list again`,
  )
}
