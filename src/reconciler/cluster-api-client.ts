/** The cluster port over the HTTP API of another process's embedded cluster, by its unix socket. */
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { messageOf } from '../model/message-of.ts'
import { type ObjectId, type ObjectKind, toObjectId } from '../model/object-id.ts'
import {
  type ApplyOptions,
  type Cluster,
  ClusterError,
  type ListOptions,
  type ObjectList,
  type Preconditions,
  type WatchEvent,
} from './cluster.ts'
import { collectionPath, objectPath } from './cluster-api/paths.ts'
import { fromStatus } from './cluster-api/status.ts'
import { fromWatchLine } from './cluster-api/watch-lines.ts'

/** An answer takes longer than this only when the other side hangs. */
const ANSWER_TIMEOUT_MS = 30_000
/** A quiet watch sends a bookmark a minute; one that sends nothing for this long is half open. */
const WATCH_SILENCE_MS = 150_000

interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  readonly contentType?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** Connects at the first call. */
export function connectClusterApi(options: { readonly socketPath: string }): ClusterApiClient {
  return new ClusterApiClient(options.socketPath)
}

export class ClusterApiClient implements Cluster {
  readonly #socketPath: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 })
  /** A watch keeps its connection for as long as it lasts: it must not use up the others'. */
  readonly #watchAgent = new Agent({ keepAlive: false })

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  async get(id: ObjectId): Promise<KubernetesObject | undefined> {
    try {
      return (await this.#call({ method: 'GET', path: objectPath(id) })) as KubernetesObject
    } catch (error) {
      if (error instanceof ClusterError && error.code === 'NotFound') return undefined
      throw error
    }
  }

  async list(kind: ObjectKind, options: ListOptions = {}): Promise<ObjectList> {
    const path = collectionPath(kind, options.namespace)
    const query = { labelSelector: printSelector(options.labels) }
    const list = (await this.#call({ method: 'GET', path, query })) as {
      readonly metadata: { readonly resourceVersion: string }
      readonly items: readonly KubernetesObject[]
    }
    return { items: list.items, resourceVersion: list.metadata.resourceVersion }
  }

  async *watch(
    kind: ObjectKind,
    options: ListOptions & { readonly resourceVersion: string; readonly signal: AbortSignal },
  ): AsyncIterable<WatchEvent> {
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: options.resourceVersion,
      labelSelector: printSelector(options.labels),
    }
    const path = collectionPath(kind, options.namespace)
    const { signal } = options
    try {
      const answer = await this.#send({
        method: 'GET',
        path,
        query,
        signal,
        timeoutMs: WATCH_SILENCE_MS,
      })
      if (answer.statusCode !== 200) throw await toError(answer)
      for await (const line of linesOf(answer)) yield fromWatchLine(line)
    } catch (error) {
      if (!signal.aborted) throw this.#toClusterError(error)
      return
    }
    if (!signal.aborted) throw new ClusterError('Unavailable', 'the watch was cut off')
  }

  async apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject> {
    return (await this.#call({
      method: 'PATCH',
      path: objectPath(toObjectId(object)),
      query: {
        fieldManager: options.fieldManager,
        force: String(options.force),
        dryRun: options.dryRun ? 'All' : undefined,
      },
      body: object,
      contentType: 'application/apply-patch+yaml',
    })) as KubernetesObject
  }

  async create(
    object: KubernetesObject,
    options: { readonly fieldManager: string },
  ): Promise<KubernetesObject> {
    const { namespace } = object.metadata
    const path = collectionPath(toObjectId(object), namespace)
    return (await this.#call({
      method: 'POST',
      path,
      query: options,
      body: object,
    })) as KubernetesObject
  }

  async update(
    object: KubernetesObject,
    options: { readonly fieldManager: string; readonly subresource?: 'status' },
  ): Promise<KubernetesObject> {
    const within = options.subresource === undefined ? '' : `/${options.subresource}`
    return (await this.#call({
      method: 'PUT',
      path: objectPath(toObjectId(object)) + within,
      query: { fieldManager: options.fieldManager },
      body: object,
    })) as KubernetesObject
  }

  async delete(id: ObjectId, preconditions?: Preconditions): Promise<void> {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions }
    await this.#call({ method: 'DELETE', path: objectPath(id), body })
  }

  /** Lets the idle connections go. */
  close(): void {
    this.#agent.destroy()
    this.#watchAgent.destroy()
  }

  async #call(call: ApiRequest): Promise<unknown> {
    try {
      const answer = await this.#send(call)
      if ((answer.statusCode ?? 500) >= 300) throw await toError(answer)
      return JSON.parse(await text(answer))
    } catch (error) {
      throw this.#toClusterError(error)
    }
  }

  #send(call: ApiRequest): Promise<IncomingMessage> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    const timeoutMs = call.timeoutMs ?? ANSWER_TIMEOUT_MS
    return new Promise((resolve, reject) => {
      const sent = request({
        socketPath: this.#socketPath,
        agent: call.signal === undefined ? this.#agent : this.#watchAgent,
        method: call.method,
        path: call.path + printQuery(call.query),
        headers:
          body === undefined
            ? { accept: 'application/json' }
            : {
                accept: 'application/json',
                'content-type': call.contentType ?? 'application/json',
                'content-length': Buffer.byteLength(body),
              },
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      })
      sent.once('response', resolve)
      sent.once('error', reject)
      sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer for ${timeoutMs} ms`)))
      sent.end(body)
    })
  }

  #toClusterError(error: unknown): ClusterError {
    if (error instanceof ClusterError) return error
    const reason = messageOf(error)
    return new ClusterError(
      'Unavailable',
      `the cluster API at ${this.#socketPath} cannot be reached (${reason}); is \`plumb run\` running?`,
      { cause: error },
    )
  }
}

async function toError(answer: IncomingMessage): Promise<ClusterError> {
  const body = await text(answer)
  return fromStatus(answer.statusCode ?? 500, isJson(answer) ? JSON.parse(body) : undefined)
}

function isJson(answer: IncomingMessage): boolean {
  return (answer.headers['content-type'] ?? '').startsWith('application/json')
}

async function* linesOf(answer: IncomingMessage): AsyncIterable<string> {
  answer.setEncoding('utf8')
  let rest = ''
  for await (const chunk of answer as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

function printSelector(labels: ListOptions['labels']): string | undefined {
  if (labels === undefined) return undefined
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

function printQuery(query: ApiRequest['query'] = {}): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
