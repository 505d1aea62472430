/** F19: a ref that is rewritten, goes back, vanishes or is a tag that moves, at a real git server. */
import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BOOKSTORE_FILES, grantFile, NAMESPACE_FILE } from '../../support/policy-yaml.ts'
import { aGitWorld, type GitWorld } from './git-world.ts'

const ELSEWHERE = (NAMESPACE_FILE['namespace.yaml'] ?? '').replace('bookstore', 'elsewhere')
const OLD = ['bookbuyer']
const NEW = ['bookbuyer', 'reader']

/** Two commits on the branch, the second of which is applied. */
async function aWorldWithHistory(): Promise<GitWorld & { readonly first: string }> {
  const world = await aGitWorld()
  const first = world.push(BOOKSTORE_FILES)
  await world.pass()
  world.push(grantFile('reader'))
  expect((await world.pass()).type).toBe('synced')
  return Object.assign(world, { first })
}

describe('a branch', () => {
  it('that was amended is followed, and called rewritten', async () => {
    const world = await aWorldWithHistory()
    world.repository.git('commit', '-q', '--amend', '-m', 'said better')
    const amended = world.push({})
    expect(await world.pass()).toEqual({ type: 'synced', commit: amended })
    expect([world.relation, await world.grants()]).toEqual(['rewritten', NEW])
  })

  it('that goes back to an older commit is followed, and never silently', async () => {
    const world = await aWorldWithHistory()
    world.repository.git('reset', '-q', '--hard', world.first)
    world.repository.publish()
    expect(await world.pass()).toEqual({ type: 'synced', commit: world.first })
    expect([world.relation, await world.grants()]).toEqual(['behind', OLD])
  })

  it('that goes back while nobody looks is still said to have gone back', async () => {
    const world = await aWorldWithHistory()
    world.repository.git('reset', '-q', '--hard', world.first)
    world.repository.publish()
    await world.start()
    await world.pass()
    expect(world.relation).toBe('behind')
  })

  it('that goes back while nobody looks is not called new where the cache is lost, too', async () => {
    const world = await aWorldWithHistory()
    world.repository.git('reset', '-q', '--hard', world.first)
    world.repository.publish()
    rmSync(world.cacheDirectory, { recursive: true })
    await world.start()
    await world.pass()
    // The commit before is nowhere to be had; that this one does not follow it is certain all the same.
    expect(world.relation).toBe('rewritten')
  })

  it('that goes back further than history was fetched is not called a fast-forward', async () => {
    const world = await aWorldWithHistory()
    for (let i = 0; i < 20; i++) world.repository.git('commit', '-q', '--allow-empty', '-m', `${i}`)
    world.repository.publish()
    rmSync(world.cacheDirectory, { recursive: true })
    await world.start()
    await world.pass()
    world.repository.git('reset', '-q', '--hard', world.first)
    world.repository.publish()
    await world.pass()
    expect(['behind', 'rewritten', 'unknown']).toContain(world.relation)
    expect(await world.grants()).toEqual(OLD)
  })

  it('that has another history meets the guard of the prune', async () => {
    const world = await aWorldWithHistory()
    world.repository.git('checkout', '-q', '--orphan', 'other')
    world.repository.git('rm', '-rfq', '.')
    const other = world.repository.commit({ 'namespace.yaml': ELSEWHERE })
    world.repository.git('branch', '-f', 'main', 'other')
    world.repository.publish()
    expect(await world.pass()).toMatchObject({ type: 'waiting', commit: other })
    expect([world.relation, await world.grants()]).toEqual(['rewritten', NEW])
  })

  it('that is deleted takes nothing with it, and is followed again when it is back', async () => {
    const world = await aWorldWithHistory()
    const commit = world.served.at(-1)
    world.repository.git('checkout', '-q', '-b', 'trunk')
    world.repository.git('branch', '-D', 'main')
    world.repository.publish()
    const gone = { type: 'failed', error: { code: 'RefNotFound' } }
    const ended = await world.pass()
    expect(ended).toMatchObject(gone)
    expect(ended.type === 'failed' && ended.error.message).toContain(
      'has no branch or tag "main": it was never pushed, or was renamed or deleted; push it, or follow another',
    )
    await world.start()
    expect(await world.restore()).toBe(commit)
    expect(await world.pass()).toMatchObject(gone)
    expect(await world.grants()).toEqual(NEW)
    world.repository.git('checkout', '-q', '-b', 'main')
    world.repository.publish()
    expect(await world.pass()).toEqual({ type: 'synced', commit })
  })
})

describe('a tag', () => {
  it.each([
    ['light', ['tag', '-f', 'live']],
    ['annotated', ['tag', '-f', '-a', '-m', 'release', 'live']],
  ])('(%s) that moves on and back is followed, and the way back said', async (_, tag) => {
    const world = await aGitWorld({ ref: 'refs/tags/live' })
    const move = (to: string) => {
      world.repository.git(...tag, to)
      world.repository.publish()
    }
    const first = world.push(BOOKSTORE_FILES)
    move(first)
    expect(await world.pass()).toEqual({ type: 'synced', commit: first })
    const second = world.push(grantFile('reader'))
    expect(await world.pass()).toEqual({ type: 'synced', commit: first })
    move(second)
    expect(await world.pass()).toEqual({ type: 'synced', commit: second })
    expect([world.relation, await world.grants()]).toEqual(['descendant', NEW])
    move(first)
    expect(await world.pass()).toEqual({ type: 'synced', commit: first })
    expect([world.relation, await world.grants()]).toEqual(['behind', OLD])
    world.repository.git('tag', '-d', 'live')
    world.repository.publish()
    expect(await world.pass()).toMatchObject({ type: 'failed', error: { code: 'RefNotFound' } })
    expect(await world.grants()).toEqual(OLD)
  })
})
