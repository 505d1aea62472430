/**
 * Runs inside a pod and sends HTTP requests on behalf of the lab: a request per line on stdin, an outcome per line on stdout.
 * Stands alone: the lab copies this one file to where every pod can read it.
 */
import { request } from 'node:http'
import { createInterface } from 'node:readline'

interface Order {
  readonly id: number
  readonly url: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string
  readonly timeoutMs: number
}

const MAX_BODY = 64 * 1024

function send(order: Order): void {
  const started = performance.now()
  const tell = (outcome: object) => {
    const line = { id: order.id, ms: performance.now() - started, ...outcome }
    process.stdout.write(`${JSON.stringify(line)}\n`)
  }
  // A connection of its own for each request: the outcome is then what the policy of this moment says.
  const { url, method, headers, timeoutMs } = order
  const signal = AbortSignal.timeout(timeoutMs)
  const outgoing = request(url, { method, headers, agent: false, signal }, (response) => {
    const parts: Buffer[] = []
    let length = 0
    response.on('data', (part: Buffer) => {
      length += part.length
      if (length <= MAX_BODY) parts.push(part)
    })
    response.on('error', (error: NodeJS.ErrnoException) => tell(failure(error, signal)))
    response.on('end', () => {
      const { statusCode: status, headers } = response
      tell({ type: 'answered', status, headers, body: Buffer.concat(parts).toString() })
    })
  })
  outgoing.on('error', (error: NodeJS.ErrnoException) => tell(failure(error, signal)))
  outgoing.end(order.body)
}

function failure(error: NodeJS.ErrnoException, signal: AbortSignal): object {
  return { type: 'failed', code: signal.aborted ? 'ETIMEDOUT' : (error.code ?? error.name) }
}

createInterface(process.stdin).on('line', (line) => {
  const order = JSON.parse(line) as Order
  try {
    send(order)
  } catch (error) {
    const { code = 'EINVAL' } = error as NodeJS.ErrnoException
    process.stdout.write(`${JSON.stringify({ id: order.id, ms: 0, type: 'failed', code })}\n`)
  }
})
