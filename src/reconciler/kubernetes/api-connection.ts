/**
 * Requests to one API server. The client library says where it is and who we are (certificates, tokens that are renewed,
 * credential plugins); the requests are our own, because no wait may be without an end: every call has a deadline, no more
 * than so many are under way, and a server that asks for a pause gets it from every caller.
 */
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { KubeConfig } from '@kubernetes/client-node'
import type { Clock, Ms } from '../../model/clock.ts'
import type { ServiceAccount } from '../../model/service-account.ts'
import { ClusterError } from '../cluster.ts'
import { toClusterError } from './to-cluster-error.ts'

/** A kube-apiserver gives up on a request after 60 s itself; one that has not answered in half of it is in trouble. */
const ANSWER_TIMEOUT_MS: Ms = 30_000
/** However long a pause the server asks for, we look again after this. */
const LONGEST_PAUSE_MS: Ms = 60_000
/** Calls under way at once; more wait their turn. */
const MAX_CONNECTIONS = 32
/** Below the 90 s after which a kube-apiserver closes an idle connection, so that we are the first to. */
const IDLE_MS: Ms = 60_000
/** A page of 500 objects of the largest size etcd takes is far above this; one of policies is far below. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024

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
  readonly #config: KubeConfig
  readonly #clock: Clock
  readonly #server: URL
  readonly #agent: HttpAgent
  /** A watch keeps its connection for as long as it lasts: it must not use up the calls'. */
  readonly #watchAgent: HttpAgent
  readonly #closing = new AbortController()
  /** Until when the server asked for a pause (monotonic). */
  #quietUntil: Ms = 0

  constructor({ config, clock }: { readonly config: KubeConfig; readonly clock: Clock }) {
    this.#config = config
    this.#clock = clock
    this.#server = new URL(config.getCurrentCluster()?.server ?? '')
    const Agent = this.#server.protocol === 'http:' ? HttpAgent : HttpsAgent
    this.#agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: IDLE_MS })
    this.#watchAgent = new Agent({ keepAlive: false })
  }

  /** The answer's JSON. Throws `ClusterError`. */
  async call(call: ApiRequest): Promise<unknown> {
    return await this.#exchange(this.#agent, async (send) => {
      const answer = await send(call)
      return JSON.parse(await readAll(answer)) as unknown
    })
  }

  /** An answer that goes on until the signal aborts; resolves when it begins. Throws `ClusterError`. */
  async open(call: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    return await this.#exchange(this.#watchAgent, async (send) => await send(call), signal)
  }

  /** Ends every call and every watch. */
  close(): void {
    this.#closing.abort()
    this.#agent.destroy()
    this.#watchAgent.destroy()
  }

  /** One exchange: after the pause the server asked for, and until the deadline. */
  async #exchange<T>(
    agent: HttpAgent,
    run: (send: (call: ApiRequest) => Promise<IncomingMessage>) => Promise<T>,
    ending?: AbortSignal,
  ): Promise<T> {
    const over = new AbortController()
    const late = new AbortController()
    const signals = [late.signal, this.#closing.signal]
    const signal = AbortSignal.any(ending === undefined ? signals : [...signals, ending])
    await this.#clock.sleep(this.#quietUntil - this.#clock.monotonic(), signal)
    const deadline = this.#clock.sleep(ANSWER_TIMEOUT_MS, over.signal).then(() => {
      if (!over.signal.aborted) late.abort(new Error(`no answer for ${ANSWER_TIMEOUT_MS / 1000} s`))
    })
    try {
      return await run(async (call) => await this.#send(call, agent, signal))
    } catch (error) {
      throw this.#toClusterError(signal.aborted ? signal.reason : error)
    } finally {
      over.abort()
      await deadline
    }
  }

  async #send(call: ApiRequest, agent: HttpAgent, signal: AbortSignal): Promise<IncomingMessage> {
    signal.throwIfAborted()
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    const options = await this.#optionsOf(call, body, agent, signal)
    const { maySend } = call
    const answer = await exchangeOnce(options, body, maySend).catch(async (error: unknown) => {
      // The server closed an idle connection as we took it up again: it has not seen the request.
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

  /** Credentials are asked for anew every time: tokens of service accounts last an hour, those of plugins minutes. */
  async #optionsOf(
    { method, path, query, contentType = 'application/json', as }: ApiRequest,
    body: string | undefined,
    agent: HttpAgent,
    signal: AbortSignal,
  ): Promise<RequestOptions> {
    const { protocol, hostname, port, pathname } = this.#server
    const options: RequestOptions = {
      ...{ protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, method, signal },
      path: pathname.replace(/\/$/, '') + path + printQuery(query),
      headers: {
        accept: 'application/json',
        'user-agent': 'plumbline',
        // Node frames the body of a DELETE in no way by itself, and the server takes it for the next request.
        ...(body !== undefined && {
          'content-type': contentType,
          'content-length': Buffer.byteLength(body),
        }),
      },
    }
    await this.#config.applyToHTTPSOptions(options)
    // Last, because a kubeconfig may impersonate somebody, too (`as`), and it is for whom we act that is asked.
    Object.assign(options.headers ?? {}, impersonation(as))
    const isProxied = this.#config.getCurrentCluster()?.proxyUrl !== undefined
    return isProxied ? options : { ...options, agent }
  }

  #toClusterError(error: unknown): ClusterError {
    if (error instanceof ClusterError) {
      const pauseMs = Math.min(error.retryAfterMs ?? 0, LONGEST_PAUSE_MS)
      this.#quietUntil = Math.max(this.#quietUntil, this.#clock.monotonic() + pauseMs)
      return error
    }
    const reason = error instanceof Error ? error.message : String(error)
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

class StaleConnection extends Error {}

function exchangeOnce(
  options: RequestOptions,
  body: string | undefined,
  maySend: (() => void) | undefined,
): Promise<IncomingMessage> {
  const request = options.protocol === 'http:' ? httpRequest : httpsRequest
  return new Promise((resolve, reject) => {
    const sent = request(options)
    sent.once('response', resolve)
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = sent.reusedSocket && error.code === 'ECONNRESET'
      reject(isStale ? new StaleConnection(error.message, { cause: error }) : error)
    })
    if (maySend === undefined) sent.end(body)
    else onceConnected(sent, () => sendIf(maySend, sent, body))
  })
}

/** A request waits for one of the connections to come free, or for a new one to be made, and nothing leaves before its end is written. */
function onceConnected(sent: ClientRequest, send: () => void): void {
  sent.once('socket', (socket: Socket) => {
    if (isShakingHands(socket)) socket.once('secureConnect', send)
    else if (socket.connecting) socket.once('connect', send)
    else send()
  })
}

/** Node says so since version 11, and its types do not; the protocol and the cipher read as if it were over. */
function isShakingHands(socket: Socket): boolean {
  return 'secureConnecting' in socket && socket.secureConnecting === true
}

function sendIf(maySend: () => void, sent: ClientRequest, body: string | undefined): void {
  try {
    maySend()
  } catch (error) {
    sent.destroy(error as Error)
    return
  }
  sent.end(body)
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > MAX_ANSWER_BYTES)
      throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function printQuery(query: ApiRequest['query'] = {}): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
