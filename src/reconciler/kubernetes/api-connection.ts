/**
 * Requests to one API server. The client library says where it is and who we are (certificates, tokens that are renewed,
 * credential plugins); the requests are our own, because no wait may be without an end: every call has a deadline, no more
 * than so many are under way, and a server that asks for a pause gets it from every caller.
 */
import { Agent as HttpAgent, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions } from 'node:https'
import type { Clock, Ms } from '../../model/clock.ts'
import { messageOf } from '../../model/message-of.ts'
import type { ServiceAccount } from '../../model/service-account.ts'
import { ClusterError } from '../cluster.ts'
import { ApiCredentials } from './api-credentials.ts'
import { exchangeOnce, readAll, StaleConnection } from './exchange-once.ts'
import type { KubeConfig } from './kube-config-class.ts'
import { toClusterError } from './to-cluster-error.ts'

/** A kube-apiserver gives up on a request after 60 s itself; one that has not answered in half of it is in trouble. */
const ANSWER_TIMEOUT_MS: Ms = 30_000
/** However long a pause the server asks for, we look again after this. */
const LONGEST_PAUSE_MS: Ms = 60_000
/** Calls under way at once; more wait their turn. */
const MAX_CONNECTIONS = 32
/** Below the 90 s after which a kube-apiserver closes an idle connection, so that we are the first to. */
const IDLE_MS: Ms = 60_000
/** Why the deadline of a call that has ended is let go: without a reason of ours, every call would pay for a DOMException. */
const OVER = new Error('the call is over')

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  readonly contentType?: string
  /** Whose rights decide. Default: those of whom the kubeconfig names. */
  readonly as?: ServiceAccount | undefined
  /** Called when a connection is ready, just before the request goes out on it: what it throws, the call throws, and nothing was sent. */
  readonly maySend?: (() => void) | undefined
}

export class ApiConnection {
  readonly #credentials: ApiCredentials
  readonly #clock: Clock
  readonly #server: URL
  readonly #agent: HttpAgent
  /** A watch keeps its connection for as long as it lasts: it must not use up the calls'. */
  readonly #watchAgent: HttpAgent
  readonly #closing = new AbortController()
  /** Until when the server asked for a pause (monotonic). */
  #quietUntil: Ms = 0

  constructor({ config, clock }: { readonly config: KubeConfig; readonly clock: Clock }) {
    this.#credentials = new ApiCredentials(config, clock)
    this.#clock = clock
    this.#server = new URL(config.getCurrentCluster()?.server ?? '')
    const Agent = this.#server.protocol === 'http:' ? HttpAgent : HttpsAgent
    this.#agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: IDLE_MS })
    this.#watchAgent = new Agent({ keepAlive: false })
  }

  /** The answer's JSON. Throws `ClusterError`. */
  async call(call: ApiRequest): Promise<unknown> {
    const stop = stopping([this.#closing.signal])
    try {
      return await this.#exchange(stop.controller, async (signal) => {
        const answer = await this.#send(call, this.#agent, signal)
        return JSON.parse(await readAll(answer)) as unknown
      })
    } finally {
      stop.release()
    }
  }

  /** An answer that goes on until the signal aborts; resolves when it begins. Throws `ClusterError`. */
  async open(call: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const stop = stopping([this.#closing.signal, signal])
    try {
      const answer = await this.#exchange(
        stop.controller,
        async (lasting) => await this.#send(call, this.#watchAgent, lasting),
      )
      answer.once('close', stop.release)
      return answer
    } catch (error) {
      stop.release()
      throw error
    }
  }

  /** Ends every call and every watch. */
  close(): void {
    this.#closing.abort()
    this.#agent.destroy()
    this.#watchAgent.destroy()
  }

  /** One exchange: after the pause the server asked for, and until the deadline. */
  async #exchange<T>(stop: AbortController, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController()
    await this.#clock.sleep(this.#quietUntil - this.#clock.monotonic(), stop.signal)
    const deadline = this.#clock.sleep(ANSWER_TIMEOUT_MS, over.signal).then(() => {
      if (!over.signal.aborted) stop.abort(new Error(`no answer for ${ANSWER_TIMEOUT_MS / 1000} s`))
    })
    try {
      return await run(stop.signal)
    } catch (error) {
      throw this.#toClusterError(stop.signal.aborted ? stop.signal.reason : error)
    } finally {
      over.abort(OVER)
      await deadline
    }
  }

  async #send(call: ApiRequest, agent: HttpAgent, signal: AbortSignal): Promise<IncomingMessage> {
    signal.throwIfAborted()
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    const options = await this.#optionsOf(call, body, agent, signal)
    const { maySend } = call
    const answer = await exchangeOnce(options, body, maySend).catch(async (error: unknown) => {
      if (!(error instanceof StaleConnection) || call.method === 'POST') throw error
      return await exchangeOnce(options, body, maySend)
    })
    if ((answer.statusCode ?? 500) < 300) return answer
    throw toClusterError({
      httpStatus: answer.statusCode ?? 500,
      retryAfter: answer.headers['retry-after'],
      body: await readAll(answer),
    })
  }

  async #optionsOf(
    { method, path, query, contentType = 'application/json', as }: ApiRequest,
    body: string | undefined,
    agent: HttpAgent,
    signal: AbortSignal,
  ): Promise<RequestOptions> {
    const { protocol, hostname, port, pathname } = this.#server
    const credentials = await this.#credentials.options()
    return {
      agent,
      ...credentials,
      ...{ protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, method, signal },
      path: pathname.replace(/\/$/, '') + path + printQuery(query),
      headers: {
        ...credentials.headers,
        accept: 'application/json',
        'user-agent': 'plumbline',
        // Node frames the body of a DELETE in no way by itself, and the server takes it for the next request.
        ...(body !== undefined && {
          'content-type': contentType,
          'content-length': Buffer.byteLength(body),
        }),
        // Last, because a kubeconfig may impersonate somebody, too (`as`), and it is for whom we act that is asked.
        ...impersonation(as),
      },
    }
  }

  #toClusterError(error: unknown): ClusterError {
    if (error instanceof ClusterError) {
      const pauseMs = Math.min(error.retryAfterMs ?? 0, LONGEST_PAUSE_MS)
      this.#quietUntil = Math.max(this.#quietUntil, this.#clock.monotonic() + pauseMs)
      return error
    }
    const reason = messageOf(error)
    const message = this.#closing.signal.aborted
      ? 'the connection to the API server has been closed'
      : `the API server at ${this.#server.origin} cannot be asked: ${reason}`
    return new ClusterError('Unavailable', message, { cause: error })
  }
}

/**
 * Without groups, because the server knows those of a service account, and to name them would take the right to impersonate each:
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
function impersonation(account: ServiceAccount | undefined): Readonly<Record<string, string>> {
  if (account === undefined) return {}
  return { 'Impersonate-User': `system:serviceaccount:${account.namespace}:${account.name}` }
}

/** A controller that aborts with the first of the signals. `AbortSignal.any` does the same by weak references, dearer than all of a call. */
function stopping(signals: readonly AbortSignal[]): {
  readonly controller: AbortController
  readonly release: () => void
} {
  const controller = new AbortController()
  const stop = (): void => {
    controller.abort(signals.find(({ aborted }) => aborted)?.reason)
  }
  for (const signal of signals) signal.addEventListener('abort', stop)
  if (signals.some(({ aborted }) => aborted)) stop()
  const release = (): void => {
    for (const signal of signals) signal.removeEventListener('abort', stop)
  }
  return { controller, release }
}

function printQuery(query: ApiRequest['query'] = {}): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
