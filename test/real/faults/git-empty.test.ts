/** F22: a repository without commits, a path that leads nowhere, and files that are all gone: nothing is pruned for any of them. */
import { expect, it } from 'vitest'
import type { Content } from '../../support/git-repository.ts'
import { BOOKSTORE_FILES, grantFile } from '../../support/policy-yaml.ts'
import { aGitWorld, type GitWorld } from './git-world.ts'

const FILES = { ...BOOKSTORE_FILES, ...grantFile('reader') }
const GRANTS = ['bookbuyer', 'reader']
const within = (folder: string, files: Readonly<Record<string, Content>>) =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [`${folder}/${path}`, content]))
const without = (files: object) =>
  Object.fromEntries(Object.keys(files).map((path) => [path, null]))

async function aWorldWithGrants(
  files: Readonly<Record<string, Content>>,
  path = '',
): Promise<GitWorld> {
  const world = await aGitWorld({ path })
  world.push(files)
  expect((await world.pass()).type).toBe('synced')
  return world
}

it('follows a repository that has no commits yet as soon as it has one', async () => {
  const world = await aGitWorld()
  expect(await world.pass()).toMatchObject({ type: 'failed', error: { code: 'RefNotFound' } })
  const commit = world.push(FILES)
  expect(await world.pass()).toEqual({ type: 'synced', commit })
})

it('prunes nothing when the repository is made anew, and empty', async () => {
  const world = await aWorldWithGrants(FILES)
  world.repository.git('push', '-q', world.repository.bare, ':main')
  expect(await world.pass()).toMatchObject({ type: 'failed', error: { code: 'RefNotFound' } })
  expect(await world.grants()).toEqual(GRANTS)
})

it.each<[string, (world: GitWorld) => void]>([
  ['every file is removed', (world) => void world.push(without(FILES))],
  ['only words are left', (world) => void world.push({ ...without(FILES), 'README.md': 'moved' })],
  ['everything is left out', (world) => void world.push({ '.plumbignore': '*\n' })],
  [
    'every file is emptied',
    (world) =>
      void world.push(Object.fromEntries(Object.keys(FILES).map((path) => [path, '# later\n']))),
  ],
  [
    'all is moved out of sight',
    (world) =>
      void world.push({
        ...without(FILES),
        ...Object.fromEntries(Object.entries(FILES).map(([path, text]) => [`${path}.bak`, text])),
      }),
  ],
])('prunes nothing, and says why, when %s', async (_, empty) => {
  const world = await aWorldWithGrants(FILES)
  empty(world)
  const ended = await world.pass()
  expect(ended).toMatchObject({
    type: 'waiting',
    reason: expect.stringMatching(
      /^the commit has no objects, and all 4 of the repository would be pruned; .*`Plumbline-Allow-Prune: all`$/,
    ) as string,
  })
  expect([world.served.length, await world.grants()]).toEqual([1, GRANTS])
  const back = world.push({ ...FILES, '.plumbignore': null })
  expect(await world.pass()).toEqual({ type: 'synced', commit: back })
})

it('empties the mesh where the commit says that it is meant', async () => {
  const world = await aWorldWithGrants(FILES)
  const commit = world.push(without(FILES), 'Leave the mesh\n\nPlumbline-Allow-Prune: all')
  expect(await world.pass()).toEqual({ type: 'synced', commit })
  expect(await world.grants()).toEqual([])
})

it.each([
  ['renamed', 'policies', (world: GitWorld) => void world.repository.git('mv', 'mesh', 'policies')],
  [
    'removed',
    'absent',
    (world: GitWorld) =>
      void world.repository.write({ ...without(within('mesh', FILES)), 'README.md': 'words' }),
  ],
])('prunes nothing when the folder it follows is %s', async (_, __, change) => {
  const world = await aWorldWithGrants(within('mesh', FILES), 'mesh')
  change(world)
  world.push({})
  const ended = await world.pass()
  expect(ended).toMatchObject({ type: 'failed', error: { code: 'PathNotFound' } })
  expect(ended.type === 'failed' && ended.error.message).toMatch(
    /has no folder "mesh": there is no "mesh"; correct the path, or commit the folder$/,
  )
  expect([world.served.length, await world.grants()]).toEqual([1, GRANTS])
})

it.each([
  ['a folder that is not there', 'mehs', 'PathNotFound'],
  ['a file', 'mesh/namespace.yaml', 'PathNotFound'],
  ['a way out', '../mesh', 'PathNotFound'],
])('prunes nothing when it is told to follow %s after a restart', async (_, path, code) => {
  const world = await aWorldWithGrants(within('mesh', FILES), 'mesh')
  await world.start({ path })
  expect(await world.pass()).toMatchObject({ type: 'failed', error: { code } })
  expect(await world.grants()).toEqual(GRANTS)
})

it('prunes nothing when it is told to follow a folder without policies after a restart', async () => {
  const world = await aWorldWithGrants(
    { ...within('mesh', FILES), 'docs/README.md': 'words' },
    'mesh',
  )
  await world.start({ path: 'docs' })
  expect(await world.pass()).toMatchObject({ type: 'waiting' })
  expect(await world.grants()).toEqual(GRANTS)
})
