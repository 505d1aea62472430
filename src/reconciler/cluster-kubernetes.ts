/** The cluster port on a Kubernetes API server. */
import type { Clock, Ms } from '../model/clock.ts'
import type { Entropy } from '../model/entropy.ts'
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import type { Logger } from '../model/logger.ts'
import { type ObjectId, type ObjectKind, toApiVersion, toObjectId } from '../model/object-id.ts'
import type { ServiceAccount } from '../model/service-account.ts'
import { isDnsLabel, isDnsSubdomain } from '../policy/kinds/fields/names.ts'
import {
  type ApplyOptions,
  type Cluster,
  ClusterError,
  type ListOptions,
  type ObjectList,
  type Preconditions,
  type WatchEvent,
} from './cluster.ts'
import { versionPath } from './cluster-api/paths.ts'
import { fromWatchLine } from './cluster-api/watch-lines.ts'
import { answerLines } from './kubernetes/answer-lines.ts'
import { ApiConnection, type ApiRequest } from './kubernetes/api-connection.ts'
import { type KubeConfigChoice, loadKubeConfig } from './kubernetes/load-kube-config.ts'
import { sayingWhat } from './kubernetes/saying-what.ts'
import { ServedKinds } from './kubernetes/served-kinds.ts'
import { SharedClaims } from './kubernetes/shared-claims.ts'

/** Objects a page, as kubectl and client-go ask for. */
const PAGE = 500
/** The server sends a bookmark a minute into every watch; two that do not come are no accident. */
const WATCH_SILENCE_MS: Ms = 150_000
/** The server ends a watch after five to ten minutes, drawn each time, so that not all begin anew at once. */
const WATCH_LASTS_S = 300
/** A watch that the server ends sooner than this has failed, and beginning anew at once would be a hot loop. */
const SHORTEST_WATCH_MS: Ms = 1_000

export interface KubernetesClusterOptions extends KubeConfigChoice {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

type WatchOptions = ListOptions & {
  readonly resourceVersion: string
  readonly signal: AbortSignal
}

/** Connects at the first call. Throws `ClusterError` `Invalid` for a kubeconfig that names no API server. */
export async function openKubernetesCluster(
  options: KubernetesClusterOptions,
): Promise<KubernetesCluster> {
  const config = loadKubeConfig(options)
  const cluster = config.getCurrentCluster()
  options.log.info('the cluster is a Kubernetes API server', {
    server: cluster?.server,
    context: config.getCurrentContext(),
  })
  if (cluster?.skipTLSVerify)
    options.log.warn('the kubeconfig tells not to verify who the API server is')
  const { clock, entropy } = options
  return new KubernetesCluster(connect({ config, clock, entropy }))
}

function connect(found: Pick<Parts, 'config' | 'clock' | 'entropy'>): Parts {
  const connection = new ApiConnection(found)
  const kinds = new ServedKinds(async (path) => await connection.call({ method: 'GET', path }))
  return { ...found, connection, kinds, claims: new SharedClaims() }
}

interface Parts {
  readonly config: ReturnType<typeof loadKubeConfig>
  readonly connection: ApiConnection
  readonly kinds: ServedKinds
  readonly claims: SharedClaims
  readonly clock: Clock
  readonly entropy: Entropy
}

/** On what terms calls are made. */
interface Terms {
  readonly account?: ServiceAccount
  /** Throws where a write may not be sent. */
  readonly mayWrite?: () => void
}

export class KubernetesCluster implements Cluster {
  readonly #parts: Parts
  readonly #terms: Terms

  constructor(parts: Parts, terms: Terms = {}) {
    this.#parts = parts
    this.#terms = terms
  }

  /**
   * The same cluster with the rights of a service account and no others: what the account may not do is `Forbidden`, and the
   * message names it. It takes the right to `impersonate` that service account, and ends with this cluster's connection.
   * Throws `ClusterError` `Invalid` for what can be no service account.
   */
  as(account: ServiceAccount): Cluster {
    const { namespace, name } = account
    // Anything else would be a user of that name to the API server, who could be anybody.
    if (!isDnsLabel(namespace) || !isDnsSubdomain(name))
      throw new ClusterError(
        'Invalid',
        `there can be no service account ${JSON.stringify(name)} in a namespace ${JSON.stringify(namespace)}; use the names of one`,
      )
    return new KubernetesCluster(this.#parts, { ...this.#terms, account })
  }

  /** The same cluster over a connection of its own, which the pauses and the end of this one do not touch. */
  apart(): KubernetesCluster {
    return new KubernetesCluster(connect(this.#parts), this.#terms)
  }

  /** Ends with this cluster's connection. */
  withWriteGate(mayWrite: () => void): Cluster {
    const before = this.#terms.mayWrite
    const both = (): void => {
      before?.()
      mayWrite()
    }
    return new KubernetesCluster(this.#parts, { ...this.#terms, mayWrite: both })
  }

  async get(id: ObjectId): Promise<KubernetesObject | undefined> {
    try {
      return await this.#callObject(id, { method: 'GET' })
    } catch (error) {
      if (error instanceof ClusterError && error.code === 'NotFound') return undefined
      throw error
    }
  }

  async list(kind: ObjectKind, options: ListOptions = {}): Promise<ObjectList> {
    try {
      return await this.#listPages(kind, options, PAGE)
    } catch (error) {
      // The pages belong to one moment, and the server has forgotten it: all of the list, then, at once.
      if (error instanceof ClusterError && error.code === 'Expired')
        return await this.#listPages(kind, options)
      throw error
    }
  }

  async *watch(kind: ObjectKind, options: WatchOptions): AsyncIterable<WatchEvent> {
    const { signal } = options
    let { resourceVersion } = options
    while (!signal.aborted) {
      const openedAt = this.#parts.clock.monotonic()
      try {
        for await (const event of this.#watchOnce(kind, { ...options, resourceVersion })) {
          resourceVersion = versionOf(event)
          yield event
        }
      } catch (error) {
        if (signal.aborted) return
        throw error
      }
      if (!signal.aborted && this.#parts.clock.monotonic() - openedAt < SHORTEST_WATCH_MS)
        throw new ClusterError('Unavailable', `the server ended the watch of ${kind.kind} at once`)
    }
  }

  async apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject> {
    return await this.#callObject(toObjectId(object), {
      method: 'PATCH',
      query: {
        fieldManager: options.fieldManager,
        force: String(options.force),
        dryRun: options.dryRun ? 'All' : undefined,
        // A field that the definition does not have would be dropped in silence.
        fieldValidation: 'Strict',
      },
      body: object,
      contentType: 'application/apply-patch+yaml',
    })
  }

  async create(
    object: KubernetesObject,
    { fieldManager }: { readonly fieldManager: string },
  ): Promise<KubernetesObject> {
    const path = await this.#collectionPath(toObjectId(object), object.metadata.namespace)
    const call: ApiRequest = { method: 'POST', path, query: { fieldManager }, body: object }
    return (await this.#call(toObjectId(object), call)) as KubernetesObject
  }

  async update(
    object: KubernetesObject,
    options: { readonly fieldManager: string; readonly subresource?: 'status' },
  ): Promise<KubernetesObject> {
    const { fieldManager, subresource } = options
    const call = { method: 'PUT', query: { fieldManager }, body: object } as const
    return await this.#callObject(toObjectId(object), call, subresource)
  }

  async delete(id: ObjectId, preconditions?: Preconditions): Promise<void> {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions }
    await this.#callObject(id, { method: 'DELETE', body })
  }

  /** Ends calls and watches that are under way. */
  close(): void {
    this.#parts.connection.close()
  }

  /** Every page is of the same moment, whose version they all carry. */
  async #listPages(kind: ObjectKind, options: ListOptions, limit?: number): Promise<ObjectList> {
    const path = await this.#collectionPath(kind, options.namespace)
    const query = {
      labelSelector: printSelector(options.labels),
      limit: limit === undefined ? undefined : String(limit),
    }
    const items: KubernetesObject[] = []
    for (let next: string | undefined = ''; ; ) {
      const call = { method: 'GET', path, query: { ...query, continue: next } } as const
      const page = (await this.#call(kind, call)) as ListPage
      for (const item of page.items) items.push(this.#parts.claims.share(withKind(item, kind)))
      next = page.metadata.continue
      if (!next) return { items, resourceVersion: page.metadata.resourceVersion }
    }
  }

  async *#watchOnce(kind: ObjectKind, options: WatchOptions): AsyncIterable<WatchEvent> {
    const path = await this.#collectionPath(kind, options.namespace)
    const [byte = 0] = this.#parts.entropy.bytes(1)
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: options.resourceVersion,
      labelSelector: printSelector(options.labels),
      timeoutSeconds: String(WATCH_LASTS_S + Math.round((WATCH_LASTS_S * byte) / 255)),
    }
    const call = this.#onTerms({ method: 'GET', path, query })
    const { account } = this.#terms
    const opened = this.#parts.connection.open(call, options.signal)
    const answer = await sayingWhat(opened, { kind, account })
    const listening = { clock: this.#parts.clock, silenceMs: WATCH_SILENCE_MS }
    for await (const line of answerLines(answer, listening)) yield this.#read(line)
  }

  #read(line: string): WatchEvent {
    const event = fromWatchLine(line)
    if (event.type === 'bookmark') return event
    return { type: event.type, object: this.#parts.claims.share(event.object) }
  }

  async #callObject(
    id: ObjectId,
    call: Omit<ApiRequest, 'path'>,
    subresource?: 'status',
  ): Promise<KubernetesObject> {
    const collection = await this.#collectionPath(id, id.namespace)
    const within = subresource === undefined ? '' : `/${subresource}`
    const path = `${collection}/${encodeURIComponent(id.name)}${within}`
    return (await this.#call(id, { ...call, path })) as KubernetesObject
  }

  async #call(kind: ObjectKind, call: ApiRequest): Promise<unknown> {
    const answer = this.#parts.connection.call(this.#onTerms(call))
    return await sayingWhat(answer, { kind, account: this.#terms.account })
  }

  #onTerms(call: ApiRequest): ApiRequest {
    const { account, mayWrite } = this.#terms
    const isWrite = call.method !== 'GET' && call.query?.['dryRun'] === undefined
    return { ...call, as: account, maySend: isWrite ? mayWrite : undefined }
  }

  async #collectionPath(kind: ObjectKind, namespace = ''): Promise<string> {
    const { plural, namespaced } = await this.#parts.kinds.of(kind)
    const within =
      namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : ''
    return `${versionPath(kind)}${within}/${plural}`
  }
}

interface ListPage {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
  readonly items: readonly KubernetesObject[]
}

/** Lists of the server's own kinds leave out what the list says once. */
function withKind(item: KubernetesObject, kind: ObjectKind): KubernetesObject {
  return { ...item, apiVersion: toApiVersion(kind), kind: kind.kind }
}

function versionOf(event: WatchEvent): string {
  return event.type === 'bookmark'
    ? event.resourceVersion
    : (event.object.metadata.resourceVersion ?? '')
}

function printSelector(labels: ListOptions['labels'] = {}): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}
