/** What has to be there before the lab is entered, seen to while the network is still the host's. */
import { findEnvoy } from './envoy-binary.ts'
import { chooseIsolation, type Isolation } from './isolation.ts'
import { LabError } from './lab-error.ts'
import { ensurePrerequisites, withSystemPath } from './prerequisites.ts'

export interface Preparations {
  readonly isolation: Isolation
  /** For everything inside the lab: with the system's folders on PATH, and ENVOY set to the Envoy that was found. */
  readonly environment: NodeJS.ProcessEnv
  /** As in `1.40.0`. */
  readonly envoyVersion: string
}

export interface PrepareOptions {
  readonly environment: NodeJS.ProcessEnv
  /** Takes one line for people at each step that may take a while. */
  readonly progress: (line: string) => void
  readonly signal?: AbortSignal
}

/** Installs and fetches what may be. Throws `LabError`, one sentence with what to type, before anything was started. */
export async function prepareLab(options: PrepareOptions): Promise<Preparations> {
  if (process.platform !== 'linux')
    throw new LabError(
      'NoIsolation',
      `the lab needs Linux and this is ${process.platform}; run it in a Linux machine, virtual or not`,
    )
  const { progress, signal } = options
  const environment = withSystemPath(options.environment)
  const common = { environment, progress, ...(signal && { signal }) }
  const fetchesEnvoy = await findEnvoy({ ...common, fetch: false }).then(() => false, isMissing)
  const root = process.getuid?.() === 0
  await ensurePrerequisites({ ...common, fetchesEnvoy, root })
  const envoy = await findEnvoy({ ...common, fetch: true })
  const isolation = await chooseIsolation({ ...common, root })
  return {
    isolation,
    environment: { ...environment, ENVOY: envoy.path },
    envoyVersion: envoy.version,
  }
}

/** An Envoy that is there and does not run is no reason to fetch another. */
function isMissing(error: unknown): boolean {
  if (error instanceof LabError && error.code === 'EnvoyMissing') return true
  throw error
}
