/** F21: whatever happens to the bytes of the cache, what is read is what was committed, and the cache mends itself. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CommitSha } from '../../../src/model/commit-sha.ts'
import { gitOverHttp, NEVER, readAll } from '../../support/git-over-http.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

const given = gitOverHttp()
const FILES = { 'a.yaml': 'a'.repeat(300), 'b/c.yaml': 'c: 1\n'.repeat(50), 'b/d.yaml': 'd' }

/** Three commits in two packs, one of them of deltas; answers with the last two. */
async function aCache(): Promise<readonly [CommitSha, CommitSha]> {
  given.repository.commit(FILES)
  given.repository.publish()
  await (await given.open()).resolve('main', NEVER)
  const before = given.repository.commit({ 'b/c.yaml': `${FILES['b/c.yaml']}e: 2\n` })
  const commit = given.repository.commit({ 'a.yaml': `${FILES['a.yaml']}b` })
  given.repository.publish()
  await (await given.open()).resolve('main', NEVER)
  return [before, commit]
}

function cacheFiles(): readonly string[] {
  return readdirSync(given.cacheDirectory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(given.cacheDirectory, name))
    .filter((path) => statSync(path).isFile() && statSync(path).size > 0)
    .sort()
}

/** The commit as the real git has it. */
function truth(commit: CommitSha): readonly (readonly string[])[] {
  const paths = given.repository.git('ls-tree', '-r', '--name-only', commit).split('\n')
  return paths.map((path) => [path, given.repository.git('show', `${commit}:${path}`)])
}

async function seen(commit: CommitSha): Promise<readonly (readonly string[])[]> {
  const files = await readAll(await given.open(), commit)
  return files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString().trim()])
}

type Harm = (file: string, draw: (below: number) => number) => void

const HARMS: Readonly<Record<string, Harm>> = {
  'a bit flips': (file, draw) => {
    const bytes = readFileSync(file)
    const at = draw(bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << draw(8))
    writeFileSync(file, bytes)
  },
  'sixteen bytes are garbage': (file, draw) => {
    const bytes = readFileSync(file)
    const at = draw(bytes.length)
    for (let i = at; i < Math.min(at + 16, bytes.length); i++) bytes[i] = draw(256)
    writeFileSync(file, bytes)
  },
  'it is cut short': (file, draw) => truncateSync(file, draw(statSync(file).size)),
  'half of it was never written': (file, draw) => {
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.fill(0, draw(bytes.length)))
  },
  'two names lead to each other’s objects': (file, draw) => {
    if (file.endsWith('.idx')) writeFileSync(file, swapTwo(readFileSync(file), draw))
  },
}

/** An index (gitformat-pack, version 2) that is whole by all its checksums, and lies. */
function swapTwo(index: Buffer, draw: (below: number) => number): Buffer {
  const count = index.readUInt32BE(8 + 255 * 4)
  const offsets = 8 + 256 * 4 + count * (20 + 4)
  const [a, b] = [draw(count), draw(count)].map((at) => offsets + at * 4) as [number, number]
  const [offsetA, offsetB] = [index.readUInt32BE(a), index.readUInt32BE(b)]
  index.writeUInt32BE(offsetB, a)
  index.writeUInt32BE(offsetA, b)
  const whole = index.length - 20
  createHash('sha1').update(index.subarray(0, whole)).digest().copy(index, whole)
  return index
}

describe('in every file of the cache, wherever', () => {
  it.each(Object.entries(HARMS))(
    '%s',
    async (_, harm) => {
      const [before, commit] = await aCache()
      const expected = [truth(before), truth(commit)]
      const entropy = new SeededEntropy()
      const draw = (below: number) => {
        const [a = 0, b = 0, c = 0] = entropy.bytes(3)
        return (a * 65_536 + b * 256 + c) % below
      }
      for (let round = 0; round < 4; round++)
        for (const file of cacheFiles()) {
          // A round before may have thrown it away, with the generation that it was of.
          if (!cacheFiles().includes(file)) continue
          harm(file, draw)
          const told = `${round} ${file}`
          expect([told, await seen(before), await seen(commit)]).toEqual([told, ...expected])
          expect(await (await given.open()).resolve('main', NEVER)).toBe(commit)
        }
    },
    120_000,
  )
})
