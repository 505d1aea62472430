/** A watch as Kubernetes sends it: one JSON document a line. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ObjectKind, toApiVersion } from '../../model/object-id.ts'
import { ClusterError, type WatchEvent } from '../cluster.ts'
import { failure, fromStatus, type Status, toStatus } from './status.ts'

type WatchLine =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubernetesObject }
  | {
      readonly type: 'BOOKMARK'
      readonly object: { readonly metadata: { readonly resourceVersion: string } }
    }
  | { readonly type: 'ERROR'; readonly object: Status }

const LINE_TYPES = { added: 'ADDED', modified: 'MODIFIED', deleted: 'DELETED' } as const
const EVENT_TYPES = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const

/** The lines of a watch. An error ends them with a line that says it, since the answer has long begun. */
export async function* toWatchLines(
  kind: ObjectKind,
  events: AsyncIterable<WatchEvent>,
): AsyncIterable<string> {
  try {
    for await (const event of events) yield toLine(toWatchLine(kind, event))
  } catch (error) {
    const status =
      error instanceof ClusterError
        ? toStatus(error)
        : failure(500, 'InternalError', 'the watch failed; see the log of the server')
    yield toLine({ type: 'ERROR', object: status })
    if (!(error instanceof ClusterError)) throw error
  }
}

function toWatchLine(kind: ObjectKind, event: WatchEvent): WatchLine {
  if (event.type !== 'bookmark') return { type: LINE_TYPES[event.type], object: event.object }
  const object = {
    kind: kind.kind,
    apiVersion: toApiVersion(kind),
    metadata: { resourceVersion: event.resourceVersion },
  }
  return { type: 'BOOKMARK', object }
}

function toLine(line: WatchLine): string {
  return `${JSON.stringify(line)}\n`
}

/** Throws what an ERROR line says. */
export function fromWatchLine(text: string): WatchEvent {
  const line = parseLine(text)
  switch (line.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type: EVENT_TYPES[line.type], object: line.object }
    case 'BOOKMARK':
      return { type: 'bookmark', resourceVersion: line.object.metadata.resourceVersion }
    case 'ERROR':
      throw fromStatus(line.object.code, line.object)
  }
}

function parseLine(text: string): WatchLine {
  try {
    return JSON.parse(text) as WatchLine
  } catch (cause) {
    throw new ClusterError('Unavailable', 'the watch sent a line that is not JSON', { cause })
  }
}
