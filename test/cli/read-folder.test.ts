/** A folder is read as git would commit it. */
import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { readFolder } from '../../src/cli/read-folder.ts'
import { READING_LIMITS } from '../../src/policy/yaml/reading-limits.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function aFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryDirectory()
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

function read(folder: string, prefix = '', limits = READING_LIMITS) {
  return readFolder({ folder, prefix, limits, signal: new AbortController().signal })
}

it('reads what may be policy, sorted by path, and passes over .git', async () => {
  const folder = await aFolder({
    'b/z.yml': 'z: 1',
    'a.yaml': 'a: 1',
    '.plumbignore': 'x',
    'README.md': '#',
    '.git/config.yaml': 'no',
  })
  expect((await read(folder)).map(({ path }) => path)).toEqual([
    '.plumbignore',
    'a.yaml',
    'b/z.yml',
  ])
})

it('gives blobs the ids that git gives them', async () => {
  const folder = await aFolder({ 'a.yaml': 'a: ä\n' })
  const id = execFileSync('git', ['hash-object', join(folder, 'a.yaml')], { encoding: 'utf8' })
  expect(await read(folder, 'shop')).toEqual([
    {
      path: 'shop/a.yaml',
      type: 'file',
      blob: id.trim(),
      bytes: Buffer.from('a: ä\n'),
    },
  ])
})

it('leaves out what .gitignore does, deeper rules winning', async () => {
  const folder = await aFolder({
    '.gitignore': 'node_modules/\n*.json\n',
    'node_modules/x/a.yaml': 'no: 1',
    'a.json': '{}',
    'kept/.gitignore': '!a.json',
    'kept/a.json': '{}',
  })
  expect((await read(folder)).map(({ path }) => path)).toEqual(['kept/a.json'])
})

it('lists links and follows none', async () => {
  const folder = await aFolder({ 'real/a.yaml': 'a: 1' })
  await symlink('real', join(folder, 'linked'))
  await symlink('/', join(folder, 'root.yaml'))
  const files = await read(folder)
  expect(files.map(({ path, type, bytes }) => ({ path, type, size: bytes.length }))).toEqual([
    { path: 'linked', type: 'symlink', size: 0 },
    { path: 'real/a.yaml', type: 'file', size: 4 },
    { path: 'root.yaml', type: 'symlink', size: 0 },
  ])
})

it('stops before a folder that cannot be a policy repository fills the memory', async () => {
  const folder = await aFolder({ 'a.yaml': 'x'.repeat(50) })
  const limits = { ...READING_LIMITS, maxTotalBytes: 10 }
  await expect(read(folder, '', limits)).rejects.toThrow(
    `the policy files under ${folder} have more than 40 bytes; name the folder of the policies`,
  )
})

it('stops when it is told to', async () => {
  const folder = await aFolder({ 'a.yaml': 'a: 1' })
  const signal = AbortSignal.abort()
  const reading = readFolder({ folder, prefix: '', limits: READING_LIMITS, signal })
  await expect(reading).rejects.toThrow('aborted')
})
