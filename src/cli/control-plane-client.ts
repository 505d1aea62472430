/** The control plane as another process of this machine reaches it: by the unix socket in its data directory. */
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { BootstrapFile } from '../injector/bootstrap-files.ts'
import type { Ms } from '../model/clock.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import type { CommitRecord } from '../reconciler/commit-record.ts'
import { UsageError } from './exit-code.ts'
import type { Status } from './run/status/status-routes.ts'

/** Thrown when the control plane answers, and refuses. */
export class ControlPlaneRefusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'ControlPlaneRefusal'
    this.status = status
  }
}

export class ControlPlaneClient {
  readonly #socketPath: string

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  status(signal: AbortSignal): Promise<Status> {
    return this.#call('GET', '/status', signal)
  }

  proxies(signal: AbortSignal): Promise<readonly unknown[]> {
    return this.#call('GET', '/proxies', signal)
  }

  /** Asks for a pass as soon as possible. */
  async reconcile(signal: AbortSignal): Promise<void> {
    await this.#call('POST', '/reconcile', signal)
  }

  /** What became of the commit, once it is settled or the wait is over. */
  commit(sha: CommitSha, waitMs: Ms, signal: AbortSignal): Promise<CommitRecord> {
    return this.#call('GET', `/commits/${sha}?waitMs=${waitMs}`, signal)
  }

  bootstrap(
    pod: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ readonly files: readonly BootstrapFile[] }> {
    return this.#call('POST', '/bootstraps', signal, pod)
  }

  /** Throws UsageError when nobody listens, ControlPlaneRefusal when it answers with an error. */
  #call<Answer>(
    method: 'GET' | 'POST',
    path: string,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const sent = body === undefined ? undefined : JSON.stringify(body)
    const headers = sent === undefined ? {} : { 'content-type': 'application/json' }
    const call = request({ socketPath: this.#socketPath, method, path, headers, signal })
    call.on('response', (response) => {
      text(response).then((answer) => {
        const status = response.statusCode ?? 0
        if (status < 300) resolve(JSON.parse(answer) as Answer)
        else reject(new ControlPlaneRefusal(status, readError(answer)))
      }, reject)
    })
    call.on('error', (cause) => {
      reject(
        signal.aborted
          ? (signal.reason as Error)
          : new UsageError(
              `no control plane answers at ${this.#socketPath}; start one with plumb run, or name its folder with --data`,
              { cause },
            ),
      )
    })
    call.end(sent)
    return promise
  }
}

function readError(answer: string): string {
  try {
    return (JSON.parse(answer) as { readonly error?: string }).error ?? answer
  } catch {
    return answer
  }
}
