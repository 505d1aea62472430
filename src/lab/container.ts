/** Keeps one program of a pod running: starts it, passes on what it prints, starts it again after it ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import { afterEnd, NO_RESTARTS } from './restart-delay.ts'

/** What a container said last is what explains its end. */
const LAST_LINES = 10
const STOP_GRACE_MS = 1000

export interface ContainerSettings {
  /** `namespace/name` of the pod. */
  readonly pod: string
  readonly name: string
  readonly argv: readonly string[]
  readonly environment: NodeJS.ProcessEnv
}

export interface ContainerPorts {
  readonly clock: Clock
  readonly log: Logger
}

export class Container {
  readonly #settings: ContainerSettings
  readonly #ports: ContainerPorts
  readonly #stopping = new AbortController()
  #process: ChildProcess | undefined
  #lastLines: readonly string[] = []
  readonly #run: Promise<void>

  constructor(settings: ContainerSettings, ports: ContainerPorts) {
    this.#settings = settings
    this.#ports = ports
    this.#run = this.#keepRunning()
  }

  /** The pid of the running program; `undefined` between an end and the next start. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Asks the program to end, then makes it, with all the processes of its group. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#kill('SIGTERM')
    const grace = new AbortController()
    const ended = this.#run.then(() => grace.abort())
    await this.#ports.clock.sleep(STOP_GRACE_MS, grace.signal)
    this.#kill('SIGKILL')
    await ended
  }

  async #keepRunning(): Promise<void> {
    const { clock, log } = this.#ports
    const { pod, name } = this.#settings
    let restarts = NO_RESTARTS
    while (!this.#stopping.signal.aborted) {
      const started = clock.monotonic()
      const how = await this.#runOnce()
      if (this.#stopping.signal.aborted) return
      restarts = afterEnd(restarts, clock.monotonic() - started)
      const { delayMs } = restarts
      log.warn('container ended', { pod, container: name, how, delayMs, said: this.#lastLines })
      await clock.sleep(delayMs, this.#stopping.signal)
    }
  }

  async #runOnce(): Promise<string> {
    const [program = '', ...args] = this.#settings.argv
    const child = spawn(program, args, {
      env: this.#settings.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#process = child
    this.#lastLines = []
    this.#listen(child.stdout)
    this.#listen(child.stderr)
    try {
      const [status, signal] = (await once(child, 'exit')) as [number | null, string | null]
      return signal === null ? `status ${status}` : `signal ${signal}`
    } catch (error) {
      return `could not be started: ${String(error)}`
    } finally {
      // Whatever the program left in its group goes with it, as a container's other processes would.
      this.#kill('SIGKILL')
      this.#process = undefined
    }
  }

  #listen(stream: Readable): void {
    const { pod, name } = this.#settings
    createInterface(stream).on('line', (line) => {
      this.#lastLines = [...this.#lastLines, line].slice(-LAST_LINES)
      this.#ports.log.debug('container output', { pod, container: name, line })
    })
  }

  #kill(signal: NodeJS.Signals): void {
    const pid = this.#process?.pid
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      // ESRCH: the group is empty, which is what was wanted.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}
