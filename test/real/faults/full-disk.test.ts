/** F24 and F25: a disk that is full, or turns read-only, below the cache and below a whole control plane. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BOOKSTORE_FILES, grantFile } from '../../support/policy-yaml.ts'
import { aGitWorld, type GitWorld } from './git-world.ts'

/** Mounting wants root; the machine of the CI gives it. */
const isRoot = process.getuid?.() === 0
if (!isRoot) console.warn('a full disk is not tested: mounting a small one needs root')

const BIG = () => ({ 'big.bin': randomBytes(300_000) })

/** The cache on a disk of half a megabyte; answers with what fills it and what frees it. */
async function aWorldOnASmallDisk(): Promise<{
  readonly world: GitWorld
  readonly fill: () => void
  readonly free: () => void
  readonly remount: (how: 'ro' | 'rw') => void
}> {
  const world = await aGitWorld({}, (directory) => {
    mkdirSync(directory)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', directory])
    onTestFinished(() => void execFileSync('umount', ['-l', directory]))
  })
  const ballast = join(world.cacheDirectory, 'ballast')
  return {
    world,
    fill: () => {
      for (let size = 512 << 10; size >= 4096; size >>= 1)
        try {
          writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' })
        } catch {
          // Full for so much; perhaps not for half of it.
        }
    },
    free: () => rmSync(ballast),
    remount: (how) => void execFileSync('mount', ['-o', `remount,${how}`, world.cacheDirectory]),
  }
}

describe.skipIf(!isRoot)('a disk', () => {
  it.each([
    ['is full', 'ENOSPC', 'fill', 'free'],
    ['turns read-only', 'EROFS', 'ro', 'rw'],
  ] as const)(
    'that %s below the cache loses nothing, is told of, and is forgotten when it is well',
    async (_, code, harm, cure) => {
      const { world, fill, free, remount } = await aWorldOnASmallDisk()
      const good = world.push(BOOKSTORE_FILES)
      await world.pass()
      if (harm === 'fill') fill()
      else remount(harm)
      const next = world.push({ ...grantFile('reader'), ...BIG() })
      for (let i = 0; i < 2; i++) {
        const ended = await world.pass()
        expect(ended).toMatchObject({ type: 'failed' })
        expect(ended.type === 'failed' && ended.error.message).toContain(code)
        expect(ended.type === 'failed' && ended.error.message).toContain(
          "look at the cache directory's disk",
        )
      }
      expect([world.served, await world.grants()]).toEqual([[good], ['bookbuyer']])
      // The last good commit can still be read, even by a process that begins on such a disk.
      await world.start()
      expect(await world.restore()).toBe(good)
      if (cure === 'free') free()
      else remount(cure)
      expect(await world.pass()).toEqual({ type: 'synced', commit: next })
      expect(await world.grants()).toEqual(['bookbuyer', 'reader'])
    },
  )

  it('that is too small for the repository says so, keeps nothing half-written, and takes the next commit that fits', async () => {
    const { world } = await aWorldOnASmallDisk()
    const good = world.push(BOOKSTORE_FILES)
    await world.pass()
    world.push({ 'big.bin': randomBytes(600_000) })
    for (let i = 0; i < 3; i++) {
      const ended = await world.pass()
      expect(ended.type === 'failed' && ended.error.message).toContain('ENOSPC')
    }
    world.repository.git('reset', '-q', '--hard', good)
    const next = world.push(grantFile('reader'))
    expect(await world.pass()).toEqual({ type: 'synced', commit: next })
  })
})
