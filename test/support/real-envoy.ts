/** A real Envoy for tests. Where there is none it is said aloud what is not tried, and on CI it is a failure. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { findEnvoy } from '../../src/lab/envoy-binary.ts'
import { tryProgram } from '../../src/lab/run-program.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Its path. `what` completes the sentence "it is not tried …". */
export async function realEnvoy(what: string): Promise<string | undefined> {
  try {
    const { path } = await findEnvoy({
      environment: process.env,
      fetch: true,
      progress: console.log,
    })
    return path
  } catch (error) {
    const reason = `it is not tried ${what}: ${(error as Error).message}`
    if (process.env['CI']) throw new Error(reason, { cause: error })
    console.warn(reason)
    return undefined
  }
}

export interface Verdict {
  readonly status: number
  readonly output: string
}

/** What `envoy --mode validate` says of a configuration. */
export async function validate(envoy: string, config: unknown): Promise<Verdict> {
  const file = await writeConfig(config)
  const argv = [envoy, '--mode', 'validate', '-c', file, '--log-level', 'warn']
  const { status, stdout, stderr } = await tryProgram(argv)
  return { status, output: stdout + stderr }
}

/** Runs until the test is over; resolves when the port takes connections. */
export async function startEnvoy(envoy: string, config: unknown, port: number): Promise<void> {
  const file = await writeConfig(config)
  const args = ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '--log-level', 'error']
  const child = spawn(envoy, args, { stdio: 'ignore' })
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await takesConnections(port)) return
    if (child.exitCode !== null) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`Envoy does not listen on ${port}; it exited with ${child.exitCode}`)
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function writeConfig(config: unknown): Promise<string> {
  const file = join(await temporaryDirectory(), 'envoy.json')
  await writeFile(file, JSON.stringify(config))
  return file
}
