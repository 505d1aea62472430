/** The steps of the Containerfile, carried out in a folder: what they make starts, and has nothing in it that builds. */
import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadAll } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readVersion } from '../../src/cli/version.ts'
import { type ProgramResult, runProgram, tryProgram } from '../../src/lab/run-program.ts'
import { buildStages, type Stage } from './container/containerfile.ts'

const ROOT = join(import.meta.dirname, '../..')
/** npm installs everything once, and the sources are compiled. */
const BUILD_LIMIT_MS = 10 * 60_000
const LIMIT_MS = 120_000

let work: string
let build: Stage
let image: Stage

function argsOf(name: string): readonly string[] {
  return image.instructions.filter((one) => one.name === name).map(({ args }) => args)
}

/** What the image runs, but for the Node of its base. */
async function plumb(...args: readonly string[]): Promise<ProgramResult> {
  const [, ...entry] = JSON.parse(argsOf('ENTRYPOINT')[0] ?? '[]') as readonly string[]
  const [flags, script] = [entry.slice(0, -1), entry.at(-1) ?? '']
  return await tryProgram([process.execPath, ...flags, join(image.root, script), ...args], {
    directory: work,
  })
}

async function isThere(...path: readonly string[]): Promise<boolean> {
  return await access(join(image.root, 'app', ...path)).then(
    () => true,
    () => false,
  )
}

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'plumbline-image-'))
  const [first, last] = await buildStages(ROOT, work)
  if (first === undefined || last === undefined) throw new Error('there are not two stages')
  build = first
  image = last
}, BUILD_LIMIT_MS)

afterAll(async () => {
  await rm(work, { recursive: true, force: true })
})

describe('the image', () => {
  it('starts, and is of this version', async () => {
    expect(await plumb('--version')).toMatchObject({ status: 0, stdout: `${readVersion()}\n` })
    expect(argsOf('LABEL')[0]).toContain(`image.version="${readVersion()}"`)
  })

  it('has all that the control plane loads', async () => {
    const data = join(work, 'data')
    const cluster = ['--cluster', 'kubernetes', '--kubeconfig', join(work, 'none')]
    const { status, stderr } = await plumb('run', '--data', data, ...cluster)
    // It got as far as looking for the cluster: every module was there.
    expect(stderr).toContain(`${join(work, 'none')} cannot be read as a kubeconfig`)
    expect(status).toBe(2)
  })

  it('can install what it is', async () => {
    const { stdout } = await plumb('install', '-o', 'yaml')
    expect(loadAll(stdout).length).toBeGreaterThan(20)
    expect((await plumb('explain', 'PLB0101')).status).toBe(0)
  })

  it('has no sources and nothing that only builds', async () => {
    const { devDependencies, dependencies } = JSON.parse(
      await readFile(join(ROOT, 'package.json'), 'utf8'),
    ) as Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>
    for (const name of Object.keys(dependencies))
      expect(await isThere('node_modules', name)).toBe(true)
    // Not what a dependency of the program needs itself.
    for (const name of ['typescript', 'vitest', 'node', '@bufbuild/buf', '@biomejs/biome']) {
      expect(devDependencies).toHaveProperty([name])
      expect(await isThere('node_modules', name)).toBe(false)
    }
    expect(await isThere('src')).toBe(false)
  })

  it('runs as nobody who is root, by number, with no shell in its base', () => {
    expect(argsOf('USER')).toEqual(['65532:65532'])
    expect(argsOf('RUN')).toEqual([])
  })
})

describe('the package', () => {
  it(
    'installs from npm pack, with its program',
    async () => {
      const directory = join(build.root, 'app')
      for (const name of ['bin', 'deploy', 'docs', 'policies-example', 'README.md', 'LICENSE'])
        await runProgram(['cp', '-R', join(ROOT, name), directory])
      const packed = await runProgram(['npm', 'pack', '--ignore-scripts', '--json'], { directory })
      const [{ filename }] = JSON.parse(packed.stdout) as [{ readonly filename: string }]
      const prefix = join(work, 'prefix')
      const install = ['npm', 'install', '--global', '--prefix', prefix, '--prefer-offline']
      await runProgram([...install, join(directory, filename)], { directory: work })
      const program = join(prefix, 'bin', 'plumb')
      const environment = {
        ...process.env,
        PATH: `${join(process.execPath, '..')}:${process.env['PATH']}`,
      }
      const version = await tryProgram([program, '--version'], { environment, directory: work })
      expect(version).toMatchObject({ status: 0, stdout: `${readVersion()}\n` })
      const manifests = await tryProgram([program, 'install', '-o', 'yaml'], { environment })
      expect(loadAll(manifests.stdout).length).toBeGreaterThan(20)
    },
    LIMIT_MS,
  )
})
