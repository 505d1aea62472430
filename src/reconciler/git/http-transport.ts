/**
 * The HTTP under the smart protocol: bounded, abortable, and careful with credentials.
 *
 * Credentials go to the origin that they were given for and nowhere else; a redirect to another host is an error, and
 * one from https to http too. Every answer is read whole and checked before it is handed on.
 */
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { GitSourceError } from '../git-source.ts'
import { refuseStatus, unreachable } from './http-refusals.ts'
import { readRetryAfter } from './retry-after.ts'

/** The shapes of isomorphic-git's `HttpClient`. */
export interface TransportRequest {
  readonly url: string
  readonly method?: string | undefined
  readonly headers?: Record<string, string> | undefined
  readonly body?: Iterable<Uint8Array> | AsyncIterable<Uint8Array> | undefined
}

export interface TransportResponse {
  readonly url: string
  readonly statusCode: number
  readonly statusMessage: string
  readonly headers: Record<string, string>
  readonly body: AsyncIterableIterator<Uint8Array>
}

export interface TransportOptions {
  /** Of the repository, printable: no credentials in it. */
  readonly url: string
  /** The value of the `Authorization` header. */
  readonly authorization: string | undefined
  readonly maxBodyBytes: number
  /** Throws where the answer is not to be trusted. */
  readonly check: (answer: { readonly request: Buffer; readonly body: Buffer }) => Promise<void>
  readonly signal: AbortSignal
}

const MAX_REDIRECTS = 5

export class HttpTransport {
  readonly #options: TransportOptions
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true }),
    'https:': new HttpsAgent({ keepAlive: true }),
  }

  constructor(options: TransportOptions) {
    this.#options = options
  }

  /** Throws `GitSourceError` for anything but a checked answer of status 200. */
  async request(asked: TransportRequest): Promise<TransportResponse> {
    const sent = await gather(asked.body ?? [])
    const response = await this.#follow(asked, sent)
    const body = await this.#read(response)
    await this.#options.check({ request: sent, body })
    return {
      url: asked.url,
      statusCode: 200,
      statusMessage: 'OK',
      headers: plainHeaders(response),
      body: once(body),
    }
  }

  close(): void {
    this.#agents['http:'].destroy()
    this.#agents['https:'].destroy()
  }

  async #follow(asked: TransportRequest, body: Buffer): Promise<IncomingMessage> {
    let url = new URL(asked.url)
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const response = await this.#exchange(url, asked, body)
      const status = response.statusCode ?? 0
      if (status === 200) return response
      response.destroy()
      if (!isRedirect(status))
        throw refuseStatus(this.#options, status, readRetryAfter(response.headers))
      url = this.#redirected(url, response.headers.location)
    }
    throw new GitSourceError(
      'RepositoryInvalid',
      `${this.#options.url} redirects more than ${MAX_REDIRECTS} times; give the address where it ends`,
    )
  }

  #redirected(from: URL, location: string | undefined): URL {
    const to = location === undefined ? null : URL.parse(location, from.href)
    const upgrade =
      to?.hostname === from.hostname && from.protocol === 'http:' && to.protocol === 'https:'
    if (to !== null && (to.origin === from.origin || (upgrade && isDefaultPort(from, to))))
      return to
    const target = to === null ? 'nowhere' : `${to.origin}${to.pathname}`
    throw new GitSourceError(
      'RepositoryInvalid',
      `${this.#options.url} redirects to ${target}; a redirect to another origin is not followed, because credentials and trust belong to the one that was configured: give that address itself if it is right`,
    )
  }

  #exchange(url: URL, asked: TransportRequest, body: Buffer): Promise<IncomingMessage> {
    const { signal, authorization } = this.#options
    const secure = url.protocol === 'https:'
    const headers = {
      ...asked.headers,
      ...(authorization !== undefined && { authorization }),
      ...(asked.method === 'POST' && { 'content-length': String(body.length) }),
    }
    const options = {
      method: asked.method ?? 'GET',
      headers,
      signal,
      agent: this.#agents[secure ? 'https:' : 'http:'],
    }
    return new Promise((resolve, reject) => {
      const request = (secure ? requestHttps : requestHttp)(url, options, resolve)
      request.on('error', (cause) => reject(this.#failed(cause)))
      request.end(body)
    })
  }

  async #read(response: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = []
    let bytes = 0
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        bytes += chunk.length
        if (bytes > this.#options.maxBodyBytes) throw this.#tooLarge()
        chunks.push(chunk)
      }
    } catch (cause) {
      throw cause instanceof GitSourceError ? cause : this.#failed(cause)
    }
    return Buffer.concat(chunks)
  }

  #failed(cause: unknown): GitSourceError {
    const { reason } = this.#options.signal
    return reason instanceof GitSourceError ? reason : unreachable(this.#options.url, cause)
  }

  #tooLarge(): GitSourceError {
    return new GitSourceError(
      'LimitExceeded',
      `${this.#options.url} sends more than ${this.#options.maxBodyBytes} bytes in one answer; keep large files out of the policy repository or raise the limit`,
    )
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

function isDefaultPort(from: URL, to: URL): boolean {
  return from.port === '' && to.port === ''
}

/** All of a body. */
export async function gather(
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A body of one chunk. */
export async function* once(body: Buffer): AsyncIterableIterator<Uint8Array> {
  yield body
}

function plainHeaders(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
  )
}
