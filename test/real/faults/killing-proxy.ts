/** Stands between a process and its API server, counts what the process asks, and has it killed at the call that a test names. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Agent, type RequestOptions, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'

export interface Death {
  /** Of all calls, or of those that change something. Watches go on for ever, and who leads is renewed all the time: none counts. */
  readonly of: 'call' | 'write'
  /** The one at which it comes, from 0. */
  readonly at: number
  /** `before` the server has seen it, or `after` the server has answered and before the answer is delivered. */
  readonly when: 'before' | 'after'
}

interface ArmedDeath extends Death {
  readonly kill: () => void
}

export class KillingProxy {
  readonly #target: URL
  readonly #server: Server
  readonly #agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  #death: ArmedDeath | undefined
  /** Since the proxy was armed. */
  #counted = 0
  #underWay = 0

  static async start(target: string): Promise<KillingProxy> {
    const proxy = new KillingProxy(new URL(target))
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening')
    return proxy
  }

  private constructor(target: URL) {
    this.#target = target
    this.#server = createServer((asked, answer) => this.#handle(asked, answer))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Counts from here on; `kill` must have ended the process when it returns. */
  arm(death: Death, kill: () => void): void {
    this.#counted = 0
    this.#death = { ...death, kill }
  }

  /** Resolves when the server has answered everything that was sent on: nothing changes any more. */
  async quiet(): Promise<void> {
    this.#death = undefined
    while (this.#underWay > 0) await setTimeout(5)
  }

  async close(): Promise<void> {
    this.#agent.destroy()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #handle(asked: IncomingMessage, answer: ServerResponse): void {
    const death = this.#deathAt(asked)
    if (death?.when === 'before') {
      death.kill()
      answer.destroy()
      return
    }
    this.#forward(asked, answer, death?.kill)
  }

  /** The death that comes with this call, if it is the one. */
  #deathAt(asked: IncomingMessage): ArmedDeath | undefined {
    const death = this.#death
    if (death === undefined || !counts(asked, death.of)) return undefined
    this.#counted += 1
    return this.#counted - 1 === death.at ? death : undefined
  }

  #forward(asked: IncomingMessage, answer: ServerResponse, kill: (() => void) | undefined): void {
    const { hostname, port } = this.#target
    const { method = 'GET', url: path = '/', headers } = asked
    const options: RequestOptions = { hostname, port, method, path, headers, agent: this.#agent }
    const isLasting = path.includes('watch=')
    if (!isLasting) this.#underWay += 1
    const sent = request(options, (got) => {
      if (kill !== undefined) {
        kill()
        got.resume()
        answer.destroy()
        return
      }
      answer.writeHead(got.statusCode ?? 502, got.headers)
      got.pipe(answer)
    })
    sent.on('error', () => answer.destroy())
    sent.on('close', () => {
      if (!isLasting) this.#underWay -= 1
    })
    // The server ends a watch whose reader has gone; a write that was sent is answered, whoever died meanwhile.
    if (isLasting) answer.on('close', () => sent.destroy())
    asked.on('error', () => sent.destroy())
    asked.pipe(sent)
  }
}

function counts({ method, url = '' }: IncomingMessage, of: Death['of']): boolean {
  if (/\/(leases|events)(\/|$|\?)/.test(url) || url.includes('watch=')) return false
  // A dry run changes nothing.
  return of === 'call' || !(method === 'GET' || method === 'HEAD' || url.includes('dryRun='))
}
