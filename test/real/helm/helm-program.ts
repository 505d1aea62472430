/** A real Helm: built once from Go modules and kept, or the one that $PLUMBLINE_HELM names. */
import { createHash } from 'node:crypto'
import { access, link, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram } from '../../../src/lab/run-program.ts'

const SOURCES = join(import.meta.dirname, 'program')
const LOOK_AGAIN_MS = 500

/** The path of the program. The first build takes three minutes on two cores, and says so. */
export async function helmProgram(progress: (line: string) => void): Promise<string> {
  const given = process.env['PLUMBLINE_HELM']
  if (given !== undefined) return given
  const folder = await cacheFolder()
  const binary = join(folder, 'helm')
  await mkdir(folder, { recursive: true })
  while (!(await exists(binary))) {
    const lock = await takeLock(join(folder, 'lock'))
    if (lock === undefined) {
      await sleep(LOOK_AGAIN_MS)
      continue
    }
    try {
      if (!(await exists(binary))) await build(binary, progress)
    } finally {
      await lock.release()
    }
  }
  return binary
}

/** Another version or another program is another folder, so that nothing old is ever run. */
async function cacheFolder(): Promise<string> {
  const hash = createHash('sha256')
  for (const name of ['main.go', 'go.mod', 'go.sum'])
    hash.update(await readFile(join(SOURCES, name)))
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(cache, 'plumbline', `helm-${hash.digest('hex').slice(0, 16)}`)
}

/** Two suites that start at once build it once. `undefined` while somebody who is alive builds. */
async function takeLock(path: string): Promise<{ release(): Promise<void> } | undefined> {
  const mine = `${path}-${process.pid}`
  try {
    // A link, so that the lock never exists without saying whose it is.
    await writeFile(mine, String(process.pid))
    await link(mine, path)
    return { release: async () => await rm(path, { force: true }) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const holder = Number(await readFile(path, 'utf8').catch(() => ''))
    if (holder > 0 && !isAlive(holder)) await rm(path, { force: true })
    return undefined
  } finally {
    await rm(mine, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function build(binary: string, progress: (line: string) => void): Promise<void> {
  const work = await mkdtemp(join(binary, '..', 'build-'))
  const version = await helmVersion()
  const startedAt = performance.now()
  const elapsed = () => `${Math.round((performance.now() - startedAt) / 1000)} s`
  progress(`building helm ${version} (once; about 3 minutes)`)
  const beat = setInterval(() => progress(`still building helm, ${elapsed()}`), 30_000)
  try {
    const out = join(work, 'helm')
    // Without it Helm says that it is v4 of nothing, and charts ask.
    const stamp = `-s -w -X helm.sh/helm/v4/internal/version.version=${version}`
    await runProgram(['go', 'build', '-o', out, '-ldflags', stamp, '.'], {
      directory: SOURCES,
      environment: { ...process.env, CGO_ENABLED: '0' },
    })
    await rename(out, binary)
    progress(`built helm in ${elapsed()}: ${binary}`)
  } finally {
    clearInterval(beat)
    await rm(work, { recursive: true, force: true })
  }
}

async function helmVersion(): Promise<string> {
  const module = await readFile(join(SOURCES, 'go.mod'), 'utf8')
  const version = /helm\.sh\/helm\/v4 (v[\d.]+)/.exec(module)?.[1]
  if (version === undefined) throw new Error('go.mod names no version of helm.sh/helm/v4')
  return version
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
