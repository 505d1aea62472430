/** Runs the control plane as a process: signals in, exit status out. */
import { EXIT_CODE } from '../exit-code.ts'
import { SystemClock } from '../system-clock.ts'
import { SystemEntropy } from '../system-entropy.ts'
import { createLogger } from '../system-logger.ts'
import { ControlPlane } from './control-plane.ts'
import { type RunOptions, socketPath } from './run-options.ts'

/** Until SIGINT or SIGTERM. Throws for what keeps it from starting. */
export async function runControlPlane(options: RunOptions): Promise<number> {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  // From the beginning: unheard, it ends the process. While we start it asks for nothing, since a pass comes first anyway.
  let controlPlane: ControlPlane | undefined
  process.on('SIGHUP', () => controlPlane?.request('SIGHUP'))
  const { logFormat: format, logLevel: level, repository, xds, http } = options
  const clock = new SystemClock()
  const log = createLogger({ format, level, stream: process.stderr, clock })
  const shell = { clock, entropy: new SystemEntropy(), log }
  try {
    controlPlane = await ControlPlane.start(options, shell, stop.signal)
  } catch (error) {
    // Told to end while it waited for an API server that never came.
    if (stop.signal.aborted) return EXIT_CODE.ok
    throw error
  }
  log.info('control plane ready', {
    ...(repository === undefined
      ? { repositories: 'as the MeshRepositories ask' }
      : { repository: repository.url, ref: repository.ref }),
    xds: `${xds.host}:${xds.port}`,
    http: `${http.host}:${http.port}`,
    socket: socketPath(options.data),
  })
  try {
    await controlPlane.run(stop.signal)
  } finally {
    await controlPlane.close()
  }
  return EXIT_CODE.ok
}
