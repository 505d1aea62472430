/** Finds an Envoy to run: the one named by ENVOY, else the one on PATH, else a pinned release fetched once into the cache. */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fetchEnvoy } from './envoy-fetch.ts'
import { ENVOY_RELEASE } from './envoy-release.ts'
import { LabError } from './lab-error.ts'
import { tryProgram } from './run-program.ts'

/** The variables that decide where Envoy is looked for; `process.env` has this shape. */
export interface EnvoyEnvironment extends NodeJS.ProcessEnv {
  readonly ENVOY?: string | undefined
  readonly PATH?: string | undefined
  readonly XDG_CACHE_HOME?: string | undefined
  readonly HOME?: string | undefined
}

export interface EnvoyBinary {
  /** Absolute, or as ENVOY has it. */
  readonly path: string
  /** As in `1.40.0`. */
  readonly version: string
  readonly source: 'ENVOY' | 'PATH' | 'cache'
}

export interface FindEnvoyOptions {
  readonly environment: EnvoyEnvironment
  /** Whether to download one when there is none. */
  readonly fetch: boolean
  /** Takes one line for people at each step that may take a while. */
  readonly progress: (line: string) => void
  readonly signal?: AbortSignal
}

/**
 * Throws `LabError`: `EnvoyMissing` when there is none and fetching is off or failed, `EnvoyUnsuitable` when the one
 * found does not run here. An ENVOY that does not work is an error, never a reason to look further.
 */
export async function findEnvoy(options: FindEnvoyOptions): Promise<EnvoyBinary> {
  const { environment, progress, signal } = options
  if (environment.ENVOY) return checked(environment.ENVOY, 'ENVOY', signal)
  const onPath = await firstExecutable('envoy', environment.PATH)
  if (onPath !== undefined) return checked(onPath, 'PATH', signal)
  const directory = cacheDirectory(environment)
  const cached = join(directory, `envoy-${ENVOY_RELEASE.version}-${process.arch}`)
  if (!(await isExecutable(cached))) {
    if (!options.fetch)
      throw new LabError(
        'EnvoyMissing',
        `there is no Envoy: ENVOY is not set, PATH has no envoy, and ${cached} does not exist; start plumb lab once, which fetches one, or set ENVOY to an Envoy binary`,
      )
    await fetchEnvoy({
      directory,
      target: cached,
      environment,
      progress,
      ...(signal && { signal }),
    })
  }
  return checked(cached, 'cache', signal)
}

function cacheDirectory(environment: EnvoyEnvironment): string {
  const root = environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache')
  return join(root, 'plumbline')
}

async function firstExecutable(name: string, path = ''): Promise<string | undefined> {
  for (const directory of path.split(delimiter).filter((part) => part !== '')) {
    const candidate = join(directory, name)
    if (await isExecutable(candidate)) return candidate
  }
  return undefined
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

async function checked(
  path: string,
  source: EnvoyBinary['source'],
  signal?: AbortSignal,
): Promise<EnvoyBinary> {
  return { path, source, version: await envoyVersion(path, signal) }
}

/** `envoy  version: <commit>/<version>/Clean/RELEASE/BoringSSL` is how it introduces itself. */
async function envoyVersion(path: string, signal?: AbortSignal): Promise<string> {
  const answer = await tryProgram([path, '--version'], { ...(signal && { signal }) })
  const version = /version: [0-9a-f]+\/(\d+\.\d+\.\d+[^/]*)\//.exec(answer.stdout)?.[1]
  if (answer.status === 0 && version !== undefined) return version
  const said = (answer.stderr || answer.stdout).trim().split('\n')[0] ?? ''
  throw new LabError(
    'EnvoyUnsuitable',
    `${path} --version ended with status ${answer.status} and said ${JSON.stringify(said)}, which is not Envoy's answer; set ENVOY to an Envoy that runs on this machine (the one Plumbline fetches needs glibc 2.31 or newer)`,
  )
}
