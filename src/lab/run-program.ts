/** Runs a program to its end and gives back what it printed. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { LabError } from './lab-error.ts'

export interface ProgramOptions {
  /** Written to the program's stdin, which is then closed. */
  readonly input?: string
  readonly environment?: NodeJS.ProcessEnv
  readonly directory?: string
  /** Kills the program (SIGKILL) when it aborts. */
  readonly signal?: AbortSignal
}

export interface ProgramResult {
  /** Exit status; a program that a signal ended counts as 128. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Resolves whatever the exit status. Throws `LabError` `ProgramMissing` when the program cannot be started,
 * and the signal's reason when it aborts.
 */
export async function tryProgram(
  argv: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const [program = '', ...args] = argv
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.environment && { env: options.environment }),
    ...(options.directory !== undefined && { cwd: options.directory }),
    ...(options.signal && { signal: options.signal, killSignal: 'SIGKILL' }),
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve(status ?? 128))
  })
  // A program may end without reading its input: its status says why, EPIPE does not.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  try {
    const [status, stdout, stderr] = await Promise.all([
      ended,
      text(child.stdout),
      text(child.stderr),
    ])
    return { status, stdout, stderr }
  } catch (error) {
    options.signal?.throwIfAborted()
    throw new LabError('ProgramMissing', `${program} could not be started: ${String(error)}`, {
      cause: error,
    })
  }
}

/** As `tryProgram`, but an exit status other than 0 throws `ProgramFailed` with what the program said. */
export async function runProgram(
  argv: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const result = await tryProgram(argv, options)
  if (result.status === 0) return result
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-5).join('\n')
  throw new LabError(
    'ProgramFailed',
    `${argv.join(' ')} ended with status ${result.status}: ${said}`,
  )
}
