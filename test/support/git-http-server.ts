/** A real smart-HTTP git server: `git http-backend` behind node:http, with faults that a test turns on. */
import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server does wrong, from the next request on; `at` limits it to the advertisement or to the pack. */
export type Fault = { readonly at?: 'refs' | 'pack' } & (
  | { readonly type: 'stallBeforeHeaders' }
  | { readonly type: 'stallAfterHeaders' }
  /** Sends so many bytes of the right answer, then ends the body as if it were whole. */
  | { readonly type: 'truncate'; readonly bytes: number }
  /** Sends so many bytes, then cuts the connection. */
  | { readonly type: 'hangUp'; readonly bytes: number }
  /** Flips one bit within the pack. */
  | { readonly type: 'corrupt' }
  | { readonly type: 'redirect'; readonly to: string; readonly status?: number }
  | {
      readonly type: 'answer'
      readonly status: number
      readonly type_?: string
      readonly headers?: Readonly<Record<string, string>>
      readonly body: Buffer
    }
)

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
}

export interface GitHttpServer {
  readonly origin: string
  readonly requests: SeenRequest[]
  fault: Fault | undefined
  /** Paths that moved: from prefix to prefix, within this host. */
  readonly redirects: Map<string, string>
  /** Resolves when the next request has arrived and was answered as far as it will be. */
  nextRequest(): Promise<void>
  close(): Promise<void>
}

export interface GitHttpServerOptions {
  /** The folder that holds the bare repositories. */
  readonly root: string
  /** The exact `Authorization` header that is let in; everybody when absent. */
  readonly authorization?: string
  /** Default: one that is free. */
  readonly port?: number
}

export async function startGitHttpServer(options: GitHttpServerOptions): Promise<GitHttpServer> {
  const requests: SeenRequest[] = []
  const self: { fault: Fault | undefined } = { fault: undefined }
  const redirects = new Map<string, string>()
  const arrived: (() => void)[] = []
  const server = createServer((request, response) => {
    const authorization = request.headers.authorization
    requests.push({ method: request.method ?? '', url: request.url ?? '', authorization })
    if (options.authorization !== undefined && authorization !== options.authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('no entry')
      return
    }
    for (const wake of arrived.splice(0)) setImmediate(wake)
    for (const [from, to] of redirects) {
      if (!request.url?.startsWith(from)) continue
      response.writeHead(301, { location: `${to}${request.url.slice(from.length)}` }).end()
      return
    }
    const fault = self.fault
    const at = request.url?.includes('/info/refs') ? 'refs' : 'pack'
    answer(
      options.root,
      request,
      response,
      fault?.at === undefined || fault.at === at ? fault : undefined,
    )
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    redirects,
    nextRequest: () => new Promise((resolve) => arrived.push(resolve)),
    get fault() {
      return self.fault
    },
    set fault(fault) {
      self.fault = fault
    },
    close: () => close(server),
  }
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

function answer(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): void {
  if (fault?.type === 'stallBeforeHeaders') return
  if (fault?.type === 'redirect') {
    response.writeHead(fault.status ?? 302, { location: `${fault.to}${request.url}` }).end()
    return
  }
  if (fault?.type === 'answer') {
    const headers = { 'content-type': fault.type_ ?? 'text/html', ...fault.headers }
    response.writeHead(fault.status, headers).end(fault.body)
    return
  }
  runBackend(root, request, (status, headers, body) => {
    response.writeHead(status, headers)
    send(response, body, fault)
  })
}

function send(response: ServerResponse, body: Buffer, fault: Fault | undefined): void {
  switch (fault?.type) {
    case 'stallAfterHeaders':
      response.write(body.subarray(0, 8))
      return
    case 'truncate':
      response.end(body.subarray(0, fault.bytes))
      return
    case 'hangUp':
      response.write(body.subarray(0, fault.bytes), () => response.destroy())
      return
    case 'corrupt': {
      const wrong = Buffer.from(body)
      const at = wrong.indexOf('PACK') + 20
      wrong[at] = (wrong[at] ?? 0) ^ 1
      response.end(wrong)
      return
    }
    case 'answer':
    case 'redirect':
    case 'stallBeforeHeaders':
    case undefined:
      response.end(body)
  }
}

type Answered = (status: number, headers: Record<string, string>, body: Buffer) => void

/** One CGI run (RFC 3875). The whole answer is gathered: test repositories are small. */
function runBackend(root: string, request: IncomingMessage, answered: Answered): void {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      HOME: root,
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: request.headers['content-length'] ?? '',
      REMOTE_ADDR: '127.0.0.1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const chunks: Buffer[] = []
  backend.stdin.on('error', () => undefined)
  request.pipe(backend.stdin)
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  backend.on('close', () => {
    const output = Buffer.concat(chunks)
    const end = output.indexOf('\r\n\r\n')
    const headers: Record<string, string> = {}
    let status = 200
    for (const line of output.subarray(0, Math.max(0, end)).toString().split('\r\n')) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).toLowerCase()
      const value = line.slice(colon + 1).trim()
      if (name === 'status') status = Number.parseInt(value, 10)
      else if (colon > 0) headers[name] = value
    }
    if (end < 0) answered(500, {}, Buffer.from('http-backend said nothing'))
    else answered(status, headers, output.subarray(end + 4))
  })
}
