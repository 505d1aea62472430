/** An API server that answers as the test says, to see what a client makes of it. */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './temporary-directory.ts'

export type Answer = (response: ServerResponse, request: IncomingMessage) => void

const CORE = [
  { name: 'configmaps', kind: 'ConfigMap', namespaced: true },
  { name: 'namespaces', kind: 'Namespace', namespaced: false },
  { name: 'namespaces/status', kind: 'Namespace', namespaced: false },
]

export class FakeApiServer {
  /** Method and URL of every request but those of discovery. */
  readonly requests: string[] = []
  /** The headers and the body of the last one. */
  headers: IncomingMessage['headers'] = {}
  body = ''
  /** Answers in order; the last one goes on. */
  answers: Answer[] = []
  #port = 0
  readonly #server = createServer((request, response) => this.#answer(request, response))

  /** At the address it had before, if it had one. */
  async listen(): Promise<void> {
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening')
    const address = this.#server.address()
    this.#port = typeof address === 'object' && address !== null ? address.port : 0
    onTestFinished(() => {
      this.close()
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** A kubeconfig that leads here. */
  async kubeconfig(cluster: object = { 'insecure-skip-tls-verify': true }): Promise<string> {
    const file = join(await temporaryDirectory(), 'kubeconfig')
    const config = {
      clusters: [{ name: 'fake', cluster: { server: this.url, ...cluster } }],
      users: [{ name: 'somebody', user: { token: 'a-secret-token' } }],
      contexts: [
        { name: 'one', context: { cluster: 'fake', user: 'somebody' } },
        { name: 'broken', context: { cluster: 'none', user: 'somebody' } },
      ],
      'current-context': 'one',
    }
    await writeFile(file, JSON.stringify(config))
    return file
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { url = '' } = request
    this.body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      this.body += chunk
    })
    if (/^\/api(s\/[^/]+)?\/[^/]+$/.test(url)) this.#discover(url)(response, request)
    else this.#respond(request, response)
  }

  #discover(url: string): Answer {
    return url === '/api/v1' ? json(200, { resources: CORE }) : plainText(404, '404 page not found')
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${request.method} ${request.url}`)
    this.headers = request.headers
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0]
    if (answer === undefined) status(404, 'NotFound')(response, request)
    else answer(response, request)
  }
}

export async function aFakeApiServer(...answers: Answer[]): Promise<FakeApiServer> {
  const server = new FakeApiServer()
  server.answers = answers
  await server.listen()
  return server
}

export function json(code: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
}

/** A failure as Kubernetes says it. */
export function status(code: number, reason: string, message = reason, extra: object = {}): Answer {
  return json(code, { kind: 'Status', status: 'Failure', code, reason, message, ...extra })
}

export function plainText(
  code: number,
  text: string,
  headers: Record<string, string> = {},
): Answer {
  return (response) => {
    response.writeHead(code, { 'content-type': 'text/plain', ...headers })
    response.end(text)
  }
}

/** The beginning of a watch; what is not ended goes on. */
export function watching(...lines: readonly (object | string)[]): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    for (const line of lines)
      response.write(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)
  }
}

/** As `watching`, and then the end. */
export function watched(...lines: readonly (object | string)[]): Answer {
  return (response, request) => {
    watching(...lines)(response, request)
    response.end()
  }
}

export const reset: Answer = (response) => {
  response.socket?.resetAndDestroy()
}

export const silence: Answer = () => undefined
