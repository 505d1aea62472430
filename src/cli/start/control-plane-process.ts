/** `plumb run` as a process of its own, as it is in real life: it can be killed without taking the Envoys along. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../model/clock.ts'
import type { ControlPlaneClient } from '../control-plane-client.ts'
import { UsageError } from '../exit-code.ts'

const MAIN = fileURLToPath(new URL(`../main${import.meta.filename.slice(-3)}`, import.meta.url))
const ASK_AGAIN_MS = 50

export interface ControlPlaneProcessOptions {
  /** Flags of `plumb run`. */
  readonly flags: readonly string[]
  /** Takes its log. */
  readonly logFile: string
  readonly environment: NodeJS.ProcessEnv
}

export class ControlPlaneProcess {
  readonly #options: ControlPlaneProcessOptions
  #child: ChildProcess

  constructor(options: ControlPlaneProcessOptions) {
    this.#options = options
    this.#child = start(options)
  }

  /** Resolves once it answers; throws UsageError when it ends before that. */
  async ready(client: ControlPlaneClient, clock: Clock, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      if (this.#child.exitCode !== null)
        throw new UsageError(
          `plumb run ended with status ${this.#child.exitCode}; its log is ${this.#options.logFile}`,
        )
      const isReady = await client.status(signal).then(
        ({ ready }) => ready,
        () => false,
      )
      if (isReady) return
      await clock.sleep(ASK_AGAIN_MS, signal)
    }
  }

  /** As a crash or a power cut would: it has no chance to say goodbye. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Starts it again on the same data, after it has ended. */
  restart(): void {
    this.#child = start(this.#options)
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill(signal)
    await gone
  }
}

function start({ flags, logFile, environment }: ControlPlaneProcessOptions): ChildProcess {
  const child = spawn(process.execPath, [...process.execArgv, MAIN, 'run', ...flags], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  child.stderr.pipe(createWriteStream(logFile, { flags: 'a' }))
  return child
}
