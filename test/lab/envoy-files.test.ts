import { mkdir, readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeEnvoyFiles } from '../../src/lab/envoy-files.ts'
import { markBootstrap } from '../../src/lab/mark-bootstrap.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const user = process.getuid?.() ?? 0

function aFile(name: string, content: string, mode = 0o600) {
  return { name, mode, content }
}

async function visible(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).filter((name) => !name.startsWith('..'))
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')))
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? '']))
}

describe('writeEnvoyFiles', () => {
  it('writes the files with their modes', async () => {
    const directory = await temporaryDirectory()
    await writeEnvoyFiles(directory, [aFile('key', 'k'), aFile('cert', 'c', 0o644)], user)
    expect(await visible(directory)).toEqual({ key: 'k', cert: 'c' })
    expect((await stat(join(directory, 'key'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(directory, 'cert'))).mode & 0o777).toBe(0o644)
  })

  it('replaces all of them by one rename, takes away what is no more, and keeps no old set', async () => {
    const directory = await temporaryDirectory()
    await writeEnvoyFiles(directory, [aFile('key', 'k1'), aFile('old', 'o')], user)
    const first = await readlink(join(directory, '..data'))
    await writeEnvoyFiles(directory, [aFile('key', 'k2'), aFile('new', 'n')], user)
    expect(await visible(directory)).toEqual({ key: 'k2', new: 'n' })
    expect(await readlink(join(directory, 'key'))).toBe('..data/key')
    expect(await readdir(directory)).not.toContain(first)
  })

  it('goes on from a set that a crash left half written', async () => {
    const directory = await temporaryDirectory()
    await writeEnvoyFiles(directory, [aFile('key', 'k1')], user)
    await mkdir(join(directory, '..set-2', 'leftover'), { recursive: true })
    await writeEnvoyFiles(directory, [aFile('key', 'k2')], user)
    expect(await visible(directory)).toEqual({ key: 'k2' })
    expect(await readdir(join(directory, '..set-2'))).toEqual(['key'])
  })
})

describe('markBootstrap', () => {
  it('adds the mark for every cluster to the bootstrap and leaves the other files alone', () => {
    const files = [aFile('bootstrap.json', '{"node":{"id":"a"}}'), aFile('key', 'k')]
    const [bootstrap, key] = markBootstrap(files, 1500)
    expect(JSON.parse(bootstrap?.content ?? '')).toEqual({
      node: { id: 'a' },
      cluster_manager: {
        upstream_bind_config: {
          socket_options: [{ level: 1, name: 36, int_value: 1500, state: 'STATE_PREBIND' }],
        },
      },
    })
    expect(key).toEqual(files[1])
  })
})
