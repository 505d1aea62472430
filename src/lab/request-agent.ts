/** Sends HTTP requests from inside a pod through one process that stays there: no fork, and no start of Node, per request. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Ms } from '../model/clock.ts'

export interface PodRequest {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** 5 seconds when left out. */
  readonly timeoutMs?: Ms
}

export type RequestOutcome =
  | {
      readonly type: 'answered'
      readonly status: number
      readonly headers: Readonly<Record<string, string | readonly string[]>>
      /** At most 64 KiB of it. */
      readonly body: string
      readonly ms: Ms
    }
  /** No answer came; `code` is the system's, as in ECONNREFUSED, ECONNRESET, ETIMEDOUT, ENOTFOUND. */
  | { readonly type: 'failed'; readonly code: string; readonly ms: Ms }

type Answer = RequestOutcome & { readonly id: number }

export class RequestAgent {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #waiting = new Map<number, (outcome: RequestOutcome) => void>()
  #sent = 0

  /** `argv` runs the agent's program in the pod. It starts at once; requests wait until it is up. */
  constructor(argv: readonly string[], environment: NodeJS.ProcessEnv) {
    const [program = '', ...args] = argv
    this.#process = spawn(program, args, {
      env: environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#process.stdin.on('error', () => {})
    this.#process.on('error', () => this.#giveUp())
    this.#process.on('exit', () => this.#giveUp())
    createInterface(this.#process.stdout).on('line', (line) => this.#settle(line))
  }

  /** Whether its process still runs; once it does not, a new agent is needed. */
  get alive(): boolean {
    const { pid, exitCode, signalCode } = this.#process
    return pid !== undefined && exitCode === null && signalCode === null
  }

  /** Never rejects: what went wrong is the outcome. Requests run side by side. */
  send(request: PodRequest): Promise<RequestOutcome> {
    const { promise, resolve } = Promise.withResolvers<RequestOutcome>()
    if (!this.alive) return Promise.resolve(AGENT_GONE)
    const id = ++this.#sent
    this.#waiting.set(id, resolve)
    const { url, method = 'GET', headers = {}, body = '', timeoutMs = 5000 } = request
    const order = { id, url, method, headers, body, timeoutMs }
    this.#process.stdin.write(`${JSON.stringify(order)}\n`)
    return promise
  }

  async close(): Promise<void> {
    if (!this.alive) return
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
  }

  #settle(line: string): void {
    const { id, ...outcome } = JSON.parse(line) as Answer
    this.#waiting.get(id)?.(outcome)
    this.#waiting.delete(id)
  }

  #giveUp(): void {
    for (const resolve of this.#waiting.values()) resolve(AGENT_GONE)
    this.#waiting.clear()
  }
}

/** The pod went away, and the process that would have sent the request with it. */
const AGENT_GONE: RequestOutcome = { type: 'failed', code: 'EPIPE', ms: 0 }
