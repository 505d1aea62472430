/**
 * Follows one kind for as long as the signal lets it: lists, watches from there, and lists again when the watch has expired.
 * No failure ends it: it goes on after a pause, and what the receiver throws is logged and passed over.
 */
import type { Clock } from '../model/clock.ts'
import type { Entropy } from '../model/entropy.ts'
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import type { Logger } from '../model/logger.ts'
import type { ObjectKind } from '../model/object-id.ts'
import { type Cluster, ClusterError, type ListOptions, type WatchEvent } from './cluster.ts'
import { JitteredBackOff } from './jittered-back-off.ts'

export type ObjectEvent = Exclude<WatchEvent, { readonly type: 'bookmark' }>

export interface ReflectOptions {
  readonly cluster: Cluster
  readonly kind: ObjectKind
  /** Which of them; all when absent. */
  readonly list?: ListOptions
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** Everything there is, in place of everything said before. */
  readonly onList: (items: readonly KubernetesObject[]) => void
  readonly onEvent: (event: ObjectEvent) => void
  readonly onFailure?: (error: Error) => void
}

export async function reflect(options: ReflectOptions, signal: AbortSignal): Promise<void> {
  const { entropy, clock } = options
  const backOff = new JitteredBackOff({ entropy, firstMs: 100, capMs: 30_000 })
  let position: string | undefined
  while (!signal.aborted) {
    try {
      position ??= await list(options)
      for await (const event of watchFrom(options, position, signal)) {
        backOff.reset()
        position = receive(options, event)
      }
    } catch (error) {
      if (signal.aborted) return
      if (isExpired(error)) position = undefined
      await pause(options, error, backOff, clock, signal)
    }
  }
}

async function list(options: ReflectOptions): Promise<string> {
  const { items, resourceVersion } = await options.cluster.list(options.kind, options.list)
  tell(options, () => options.onList(items))
  return resourceVersion
}

async function* watchFrom(
  { cluster, kind, list }: ReflectOptions,
  resourceVersion: string,
  signal: AbortSignal,
): AsyncIterable<WatchEvent> {
  yield* cluster.watch(kind, { ...list, resourceVersion, signal })
  if (!signal.aborted) throw new ClusterError('Unavailable', `the watch of ${kind.kind} ended`)
}

/** Answers with the version to go on from. */
function receive(options: ReflectOptions, event: WatchEvent): string {
  if (event.type === 'bookmark') return event.resourceVersion
  tell(options, () => options.onEvent(event))
  return event.object.metadata.resourceVersion ?? ''
}

function tell({ log, kind }: ReflectOptions, receiver: () => void): void {
  try {
    receiver()
  } catch (error) {
    log.error('whoever follows a kind threw', { kind: kind.kind, error })
  }
}

async function pause(
  options: ReflectOptions,
  thrown: unknown,
  backOff: JitteredBackOff,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const asked = error instanceof ClusterError ? (error.retryAfterMs ?? 0) : 0
  const pauseMs = Math.max(backOff.next(), asked)
  tell(options, () => options.onFailure?.(error))
  if (!isExpired(error) && !isUnserved(error))
    options.log.warn('a watch failed and is taken up again', {
      kind: options.kind.kind,
      error: error.message,
      pauseMs,
    })
  await clock.sleep(pauseMs, signal)
}

function isExpired(error: unknown): boolean {
  return error instanceof ClusterError && error.code === 'Expired'
}

/** A kind whose definition is not installed yet is asked for again and again, without a word. */
function isUnserved(error: unknown): boolean {
  return error instanceof ClusterError && error.code === 'KindNotServed'
}
