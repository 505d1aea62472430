/** What a command reads when it is given a folder, a file, a ref or a URL. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type PolicyFilesInput, readPolicyFiles } from '../../src/cli/policy-files.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { GitRepository } from '../support/git-repository.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const repository = new GitRepository()
afterAll(() => repository.remove())
const first = repository.commit({
  'prod/a.yaml': 'a: 1',
  'prod/.plumbline.yaml': '{}',
  'test/a.yaml': 'a: 1',
})
const second = repository.commit({ 'prod/a.yaml': 'a: 2' })
repository.write({ 'prod/a.yaml': 'a: uncommitted' })

function read(target: string, options: Partial<PolicyFilesInput> = {}) {
  return readPolicyFiles({
    target,
    workingDirectory: repository.work,
    clock: new FakeClock(),
    log: quiet,
    signal: new AbortController().signal,
    ...options,
  })
}

async function seen(target: string, options: Partial<PolicyFilesInput> = {}) {
  const { files, root, commit } = await read(target, options)
  const texts = files.map(({ path, bytes }) => `${path}: ${new TextDecoder().decode(bytes)}`)
  return { commit, root, texts }
}

const none = '0'.repeat(40)

describe('in a git repository', () => {
  it('a folder is what is on disk, with paths from the root of the repository', async () => {
    expect(await seen('prod')).toEqual({
      commit: none,
      root: 'prod',
      texts: ['prod/.plumbline.yaml: {}', 'prod/a.yaml: a: uncommitted'],
    })
  })

  it('the whole repository has an empty root', async () => {
    expect((await seen('.')).root).toBe('')
  })

  it('a ref is what was committed', async () => {
    expect(await seen('prod', { ref: 'main' })).toEqual({
      commit: second,
      root: 'prod',
      texts: ['prod/.plumbline.yaml: {}', 'prod/a.yaml: a: 2'],
    })
    expect((await seen('prod', { ref: first })).texts).toContain('prod/a.yaml: a: 1')
  })

  it('a URL is its HEAD', async () => {
    const { commit, root, texts } = await seen(`file://${repository.work}`)
    expect({ commit, root, count: texts.length }).toEqual({ commit: second, root: '', count: 3 })
  })

  it('a bare repository can be named by its path', async () => {
    repository.publish()
    expect((await seen(repository.bare, { ref: 'main' })).commit).toBe(second)
  })

  it('a file comes with the settings of the nearest folder above', async () => {
    expect(await seen('prod/a.yaml')).toEqual({
      commit: none,
      root: 'prod',
      texts: ['prod/.plumbline.yaml: {}', 'prod/a.yaml: a: uncommitted'],
    })
    expect(await seen('test/a.yaml')).toMatchObject({ root: 'test', texts: ['test/a.yaml: a: 1'] })
  })
})

describe('outside of git', () => {
  it('paths start where the person is', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'shop'))
    await writeFile(join(directory, 'shop/a.yaml'), 'a: 1')
    expect(await seen('shop', { workingDirectory: directory })).toMatchObject({
      root: 'shop',
      texts: ['shop/a.yaml: a: 1'],
    })
    expect(await seen(join(directory, 'shop'))).toMatchObject({ root: '', texts: ['a.yaml: a: 1'] })
    expect(await seen(join(directory, 'shop/a.yaml'))).toMatchObject({
      root: '',
      texts: ['a.yaml: a: 1'],
    })
  })
})

describe('what cannot be read is said in a sentence', () => {
  it.each([
    ['nothing there', 'nowhere', {}, 'there is nothing at'],
    ['a ref that is none', 'prod', { ref: 'nope' }, 'has no branch or tag "nope"'],
    ['a file with a ref', 'prod/a.yaml', { ref: 'main' }, 'is a file; with a ref, name the folder'],
    ['something else', '/dev/null', {}, 'is neither a folder nor a file'],
  ])('%s', async (_name, target, options, message) => {
    await expect(read(target, options)).rejects.toThrow(message)
  })
})
