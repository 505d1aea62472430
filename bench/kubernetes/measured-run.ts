/** `plumb run` on a Kubernetes API server, in a process of its own: what its log says when, and what memory it holds. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { collectGarbage } from './collect-garbage.ts'

export interface TimedLine {
  readonly msg: string
  /** As the process itself noted it, in ms since the epoch. */
  readonly atMs: number
  readonly [field: string]: unknown
}

export interface Memory {
  readonly rssMiB: number
  readonly peakMiB: number
}

export interface MeasuredRunOptions {
  /** What to run: a source file, or the one that was built. */
  readonly program: string
  /** Its URL; absent: what the MeshRepositories of the cluster name. */
  readonly repository: string | undefined
  readonly data: string
  readonly kubeconfig: string
  readonly context: string
  readonly nodeFlags: readonly string[]
}

export class MeasuredRun {
  readonly startedAtMs = Date.now()
  readonly #lines: TimedLine[] = []
  readonly #child: ChildProcess
  #inspector: string | undefined

  constructor(options: MeasuredRunOptions) {
    const { program, repository, data, kubeconfig, context, nodeFlags } = options
    const ports = ['--xds-listen', '127.0.0.1:0', '--http-listen', '127.0.0.1:0']
    const cluster = ['--cluster', 'kubernetes', '--kubeconfig', kubeconfig, '--context', context]
    const flag = repository === undefined ? [] : ['--repository', repository]
    const source = [...flag, '--data', data, '--schedule', '@every 30s']
    // The inspector opens at SIGUSR1 only, and costs nothing before.
    const argv = ['--inspect-port=0', ...nodeFlags, program, 'run', ...ports, ...source, ...cluster]
    const stdio = ['ignore', 'ignore', 'pipe'] as const
    this.#child = spawn(process.execPath, [...argv, '--log-format', 'json'], { stdio: [...stdio] })
    const { stderr } = this.#child
    if (stderr === null) throw new Error('the child has no stderr')
    createInterface({ input: stderr }).on('line', (line) => this.#take(line))
  }

  /** How many lines it has said so far. */
  get said(): number {
    return this.#lines.length
  }

  /** The line that says it for the `nth` time from line `since` on. Rejects with the last lines when the process ends before. */
  async until(sentence: string, since: number, nth = 1): Promise<TimedLine> {
    for (;;) {
      const found = this.#lines.slice(since).filter(({ msg }) => msg === sentence)[nth - 1]
      if (found !== undefined) return found
      const failed = this.#lines.slice(since).find(({ msg }) => FAILURES.has(msg))
      if (failed !== undefined || this.#child.exitCode !== null)
        throw new Error(
          `plumb run: ${JSON.stringify(failed ?? this.#lines.slice(-12).map(({ msg }) => msg))}`,
        )
      await setTimeout(5)
    }
  }

  /** Asks for a pass now. */
  pass(): void {
    this.#child.kill('SIGHUP')
  }

  async memory(): Promise<Memory> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8')
    return { rssMiB: readKiB(status, 'VmRSS') / 1024, peakMiB: readKiB(status, 'VmHWM') / 1024 }
  }

  /** The memory when nothing of it is garbage. */
  async collectedMemory(): Promise<Memory> {
    this.#child.kill('SIGUSR1')
    while (this.#inspector === undefined) await setTimeout(10)
    await collectGarbage(this.#inspector)
    return await this.memory()
  }

  /** CPU seconds since the process began. */
  async cpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, 'utf8')
    // utime and stime, the 14th and 15th field, in hundredths; the second field may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exited
  }

  #take(text: string): void {
    const opened = /^Debugger listening on (ws:\S+)/.exec(text)
    if (opened !== null) this.#inspector = opened[1]
    this.#lines.push(toTimedLine(text))
  }
}

const FAILURES = new Set([
  'commit refused; the last good commit keeps serving',
  'commit waits',
  'pass failed; it will be tried again',
])

/** What is no JSON is a stack, or a warning of Node. */
function toTimedLine(text: string): TimedLine {
  if (!text.startsWith('{')) return { msg: text, atMs: Date.now() }
  const line = JSON.parse(text) as { readonly msg: string; readonly time: string }
  return { ...line, atMs: Date.parse(line.time) }
}

function readKiB(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
}
