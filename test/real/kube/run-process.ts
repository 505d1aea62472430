/** `plumb run` in a process of its own, as its log tells of it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts')

export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

export class RunProcess {
  readonly lines: LogLine[] = []
  readonly #child: ChildProcess

  /** Listens on ports that the system chooses. */
  constructor(flags: readonly string[]) {
    const ports = ['--xds-listen', '127.0.0.1:0', '--http-listen', '127.0.0.1:0']
    const argv = [MAIN, 'run', ...ports, '--log-format', 'json', ...flags]
    this.#child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] })
    const { stderr } = this.#child
    if (stderr === null) throw new Error('the child has no stderr')
    createInterface({ input: stderr }).on('line', (line) => this.lines.push(toLine(line)))
  }

  /** The first line of that sentence, from now or from `since` on; rejects with the last lines when the process ends before. */
  async said(sentence: string, since = 0): Promise<LogLine> {
    for (;;) {
      const found = this.lines.slice(since).find(({ msg }) => msg === sentence)
      if (found !== undefined) return found
      if (this.isDead) throw new Error(JSON.stringify(this.lines.slice(-5)))
      await setTimeout(10)
    }
  }

  /** Whether it has ended, by itself or killed. */
  get isDead(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** `kill -9`, which has been done when this returns; `isDead` tells of it a moment later. */
  killNow(): void {
    this.#child.kill('SIGKILL')
  }

  /** The same; resolves when it has ended. */
  async kill(): Promise<void> {
    if (this.isDead) return
    const exited = once(this.#child, 'exit')
    this.killNow()
    await exited
  }

  /** Stops its clockwork, as a machine that sleeps does: it notices nothing. */
  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  /** Asks for a pass now. */
  pass(): void {
    this.#child.kill('SIGHUP')
  }

  /** Answers with its exit status. */
  async stop(): Promise<number | null> {
    if (this.isDead) return this.#child.exitCode
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exited
    return this.#child.exitCode
  }
}

/** What is no JSON is a stack, or a warning of Node. */
function toLine(text: string): LogLine {
  return text.startsWith('{') ? (JSON.parse(text) as LogLine) : { level: 'raw', msg: text }
}
