/** The object reader against the real git: every object, however it is stored, is what `git cat-file` says. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ObjectStore } from '../../../src/reconciler/git/object-store.ts'
import { GitRepository } from '../../support/git-repository.ts'
import { entry, OFFSET_DELTA, pack } from '../../support/pack-builder.ts'

let repository: GitRepository
beforeEach(() => {
  repository = new GitRepository()
})
afterEach(() => repository.remove())

const gitdir = (): string => join(repository.work, '.git')
const store = (maxObjectBytes = 2 ** 20): ObjectStore =>
  new ObjectStore({ gitdir: gitdir(), maxObjectBytes })

/** Text that builds on itself from commit to commit, so that git makes deltas of it. */
function grow(seed: number): string {
  const lines = Array.from({ length: 300 }, (_, at) => `line ${at} ${(at * 7_919) % 97}`)
  for (let change = 0; change <= seed; change += 1)
    lines[(change * 37) % 300] = `changed by ${change}`
  return `${lines.join('\n')}\n`
}

function history(commits: number): void {
  for (let at = 0; at < commits; at += 1)
    repository.commit({ 'a.yaml': grow(at), [`dir/${at % 7}.yaml`]: `${at}\n`, 'empty.yaml': '' })
  repository.git('tag', '-a', '-m', 'a tag', 'v1')
}

async function expectAllEqual(): Promise<number> {
  const reader = store()
  const oids = repository
    .git('cat-file', '--batch-all-objects', '--batch-check=%(objectname) %(objecttype)')
    .split('\n')
  for (const line of oids) {
    const [oid = '', type = ''] = line.split(' ')
    const read = await reader.read(oid)
    if (read.type !== 'found') throw new Error(`${line}: ${read.type}`)
    const { bytes } = read.object
    const name = createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex')
    expect([read.object.type, name]).toEqual([type, oid])
  }
  return oids.length
}

it('reads every loose object', async () => {
  history(5)
  expect(await expectAllEqual()).toBeGreaterThan(20)
})

it.each([
  ['offset deltas', ['repack', '-adfq', '--depth=50', '--window=50']],
  ['ref deltas', ['-c', 'repack.useDeltaBaseOffset=false', 'repack', '-adfq', '--depth=50']],
  ['no deltas', ['repack', '-adfq', '--depth=0']],
])('reads every object of a pack with %s', async (what, repack) => {
  history(12)
  repository.git(...repack)
  const deltas = /chain length = \d+: (\d+)/.test(
    repository.git('verify-pack', '-v', packFile().replace(/pack$/, 'idx')),
  )
  expect(deltas).toBe(what !== 'no deltas')
  expect(await expectAllEqual()).toBeGreaterThan(40)
})

it('reads offsets from the table of large ones, as packs beyond 2 GiB have them', async () => {
  history(5)
  repository.git('repack', '-adfq')
  rmSync(packFile().replace(/pack$/, 'idx'))
  repository.git('index-pack', '--index-version=2,0x40', packFile())
  expect(await expectAllEqual()).toBeGreaterThan(20)
})

it('finds an object that came after it looked', async () => {
  repository.commit({ 'a.yaml': 'a' })
  repository.git('repack', '-adq')
  const reader = store()
  const later = repository.blob('later')
  const packed = repository.git('rev-parse', 'HEAD')
  expect((await reader.read(packed)).type).toBe('found')
  expect((await reader.read(later)).type).toBe('found')
  repository.commit({ 'b.yaml': 'b' })
  repository.git('gc', '-q', '--prune=now')
  expect((await reader.read(packed)).type).toBe('found')
  expect((await reader.read(repository.head())).type).toBe('found')
})

it('says that an object is missing', async () => {
  repository.commit({ 'a.yaml': 'a' })
  const absent = ['0', 'f', '7'].map((digit) => digit.repeat(40))
  repository.git('repack', '-adq')
  const reads = await Promise.all(absent.map((oid) => store().read(oid)))
  expect(reads).toEqual(absent.map(() => ({ type: 'missing' })))
})

const packFile = (): string => {
  const folder = join(gitdir(), 'objects', 'pack')
  const name = readdirSync(folder).find((candidate) => candidate.endsWith('.pack'))
  if (name === undefined) throw new Error('there is no pack')
  return join(folder, name)
}

it('never gives bytes that do not have their name, wherever a bit of the pack flips', async () => {
  history(6)
  repository.git('repack', '-adfq', '--depth=50')
  const file = packFile()
  const oids = repository.git('rev-list', '--objects', '--no-object-names', '--all').split('\n')
  const whole = readFileSync(file)
  const types = new Set<string>()
  for (let at = 12; at < whole.length - 20; at += 11) {
    const wrong = Buffer.from(whole)
    wrong[at] = (wrong[at] ?? 0) ^ (1 << (at % 8))
    writeFileSync(file, wrong, { flag: 'r+' })
    const reader = store()
    for (const oid of oids) {
      const read = await reader.read(oid)
      types.add(read.type)
      if (read.type !== 'found') continue
      const { type, bytes } = read.object
      const name = createHash('sha1')
        .update(`${type} ${bytes.length}\0`)
        .update(bytes)
        .digest('hex')
      expect(name).toBe(oid)
    }
  }
  expect([...types]).toEqual(expect.arrayContaining(['damaged', 'found']))
})

it.each(['loose', 'packed'])(
  'says the size of a %s object that is too large, without unfolding it',
  async (how) => {
    const oid = repository.blob('x'.repeat(100_000))
    const { mode, name } = { mode: '100644', name: 'x.yaml' }
    repository.commitTree([{ mode, name, oid }])
    if (how === 'packed') repository.git('repack', '-adq')
    expect(await store(99_999).read(oid)).toEqual({
      type: 'tooLarge',
      reason: 'it has 100000 bytes; the limit is 99999',
    })
    expect((await store(100_000).read(oid)).type).toBe('found')
  },
)

it('says the size of an object that a small delta makes too large', async () => {
  const base = Buffer.from('abcdefghij')
  const copies = 500
  const makesMuch = Buffer.concat([
    Buffer.from([10, 0x88, 0x27]),
    Buffer.alloc(copies * 2, Buffer.from([0x90, 10])),
  ])
  const first = entry(base)
  const bytes = pack([first, entry(makesMuch, { type: OFFSET_DELTA, base: [first.length] })])
  repository.gitWith(bytes, 'index-pack', '--stdin')
  const oid = repository.blob('abcdefghij'.repeat(copies))
  rmSync(join(gitdir(), 'objects', oid.slice(0, 2), oid.slice(2)), { force: true })
  expect(await store(4_999).read(oid)).toEqual({
    type: 'tooLarge',
    reason: 'it has 5000 bytes; the limit is 4999',
  })
  expect((await store(5_000).read(oid)).type).toBe('found')
})

it.each([
  ['is no zlib stream', Buffer.from('not zlib')],
  ['has no head', deflateSync('no head here')],
  ['is shorter than it says', deflateSync('blob 10\0short')],
  ['is longer than it says', deflateSync('blob 1\0longer')],
  ['has another name', deflateSync('blob 5\0other')],
  ['is empty', Buffer.alloc(0)],
])('calls a loose object damaged that %s', async (_, bytes) => {
  const oid = repository.blob('text')
  const file = join(gitdir(), 'objects', oid.slice(0, 2), oid.slice(2))
  rmSync(file)
  writeFileSync(file, bytes)
  expect((await store().read(oid)).type).toBe('damaged')
})
