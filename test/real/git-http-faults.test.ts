/** A real smart-HTTP server that stalls, lies and breaks, and a cache that was harmed. */
import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../support/git-http-server.ts'
import { gitOverHttp, kept, NEVER, readAll, refused, texts } from '../support/git-over-http.ts'

const given = gitOverHttp()

describe('a server at fault', () => {
  const GARBAGE = Buffer.from('<html>Sign in</html>')

  it.each<[string, Fault, string]>([
    ['sends a web page', { type: 'answer', status: 200, body: GARBAGE }, 'RepositoryInvalid'],
    ['sends nothing', { type: 'answer', status: 200, body: Buffer.alloc(0) }, 'RepositoryInvalid'],
    [
      'sends random bytes',
      { type: 'answer', status: 200, body: Buffer.alloc(5_000, 0xa7) },
      'RepositoryInvalid',
    ],
    [
      'cuts the list of refs short',
      { type: 'truncate', at: 'refs', bytes: 40 },
      'RepositoryInvalid',
    ],
    ['cuts the pack short', { type: 'truncate', at: 'pack', bytes: 150 }, 'RepositoryInvalid'],
    ['cuts the connection', { type: 'hangUp', at: 'pack', bytes: 150 }, 'HostUnreachable'],
    ['changes a bit of the pack', { type: 'corrupt', at: 'pack' }, 'RepositoryInvalid'],
    ['has no such repository', { type: 'answer', status: 404, body: GARBAGE }, 'RepositoryInvalid'],
    ['is broken', { type: 'answer', status: 500, body: GARBAGE }, 'HostUnreachable'],
    ['is overloaded', { type: 'answer', status: 503, body: GARBAGE }, 'HostUnreachable'],
    ['wants fewer requests', { type: 'answer', status: 429, body: GARBAGE }, 'HostUnreachable'],
    [
      'refuses in its own words',
      { type: 'answer', at: 'refs', status: 200, body: Buffer.from('0011ERR go away\n0000') },
      'RepositoryInvalid',
    ],
  ])('that %s is told apart, keeps nothing, and is forgiven', async (_, fault, code) => {
    const source = await given.open()
    given.server.fault = fault
    const error = await refused(source.resolve('main', NEVER))
    expect([error.code, error.message]).toEqual([
      code,
      expect.stringContaining(given.server.origin),
    ])
    expect(kept(given.cacheDirectory)).toEqual([])
    given.server.fault = undefined
    expect(await texts(source)).toEqual(['a'])
  })

  it('leaves the commit that was had readable, and the cache as it was', async () => {
    const source = await given.open()
    const good = await source.resolve('main', NEVER)
    const before = kept(given.cacheDirectory)
    given.repository.commit({ 'a.yaml': 'b' })
    given.repository.publish()
    given.server.fault = { type: 'corrupt', at: 'pack' }
    await refused(source.resolve('main', NEVER))
    expect(kept(given.cacheDirectory)).toEqual(before)
    expect(await readAll(source, good)).toHaveLength(1)
    given.server.fault = undefined
    expect(await texts(source)).toEqual(['b'])
  })

  it.each(['stallBeforeHeaders', 'stallAfterHeaders'] as const)(
    'that stalls (%s) meets the time limit, while the last commit stays readable',
    async (type) => {
      const source = await given.open({ timeoutMs: 10_000 })
      const good = await source.resolve('main', NEVER)
      given.server.fault = { type }
      const stalled = refused(source.resolve('main', NEVER))
      await given.server.nextRequest()
      expect(await readAll(source, good)).toHaveLength(1)
      await given.clock.advance(9_999)
      await given.clock.advance(1)
      const error = await stalled
      expect([error.code, error.message]).toEqual([
        'TimedOut',
        `asking ${given.server.origin}/policy.git for main took longer than 10 s; the server is reachable but stalls or is slow, look at its load or allow more time`,
      ])
      given.server.fault = undefined
      expect(await texts(source)).toEqual(['a'])
      expect(given.clock.sleeping).toBe(0)
    },
  )

  it('that stalls is left at once on abort', async () => {
    const source = await given.open()
    given.server.fault = { type: 'stallAfterHeaders' }
    const abort = new AbortController()
    const stalled = refused(source.resolve('main', abort.signal))
    await given.server.nextRequest()
    abort.abort()
    expect((await stalled).code).toBe('Aborted')
    expect([kept(given.cacheDirectory), given.clock.sleeping]).toEqual([[], 0])
  })

  it('that is not there is unreachable', async () => {
    const source = await given.open()
    await given.server.close()
    const error = await refused(source.resolve('main', NEVER))
    expect([error.code, error.message]).toEqual([
      'HostUnreachable',
      `${given.server.origin}/policy.git cannot be reached: nothing listens there (ECONNREFUSED); check the port`,
    ])
  })

  it('that sends more than the limit is stopped', async () => {
    given.repository.commit({
      'big.bin': randomBytes(50_000),
    })
    given.repository.publish()
    const source = await given.open({ maxPackBytes: 10_000 })
    expect((await refused(source.resolve('main', NEVER))).code).toBe('LimitExceeded')
    expect(kept(given.cacheDirectory)).toEqual([])
  })

  it('that sends a file which unfolds to more than the limit is refused before it is unfolded', async () => {
    given.repository.commit({ 'bomb.yaml': Buffer.alloc(8 * 2 ** 20) })
    given.repository.publish()
    const source = await given.open({ maxObjectBytes: 2 ** 20, maxPackBytes: 2 ** 20 })
    const error = await refused(source.resolve('main', NEVER))
    expect([error.code, error.message]).toEqual([
      'LimitExceeded',
      expect.stringContaining('holds an object of 8388608 bytes; the limit is 1048576'),
    ])
    expect(kept(given.cacheDirectory)).toEqual([])
  })
})

describe('a cache at fault', () => {
  const generation = (): string => join(given.cacheDirectory, 'generation-1')
  const packs = (): string => join(generation(), 'objects', 'pack')
  const each = (ending: string, harm: (file: string) => void) => (): void => {
    for (const file of files(ending)) harm(file)
  }
  const files = (ending: string): readonly string[] =>
    readdirSync(packs())
      .filter((name) => name.endsWith(ending))
      .map((name) => join(packs(), name))

  it.each<[string, () => void]>([
    ['a pack is cut short', each('.pack', (file) => truncateSync(file, 60))],
    ['a pack is overwritten', each('.pack', (file) => writeFileSync(file, 'x'.repeat(300)))],
    ['a pack is gone', each('.pack', (file) => rmSync(file))],
    ['an index is cut short', each('.idx', (file) => truncateSync(file, 500))],
    ['an index is empty', each('.idx', (file) => truncateSync(file, 0))],
    ['an index is gone', each('.idx', (file) => rmSync(file))],
    ['its ref is empty', () => writeFileSync(join(generation(), 'refs/plumbline/fetched'), '')],
    ['its configuration is gone', () => rmSync(join(generation(), 'config'))],
    ['all of it is gone', () => rmSync(given.cacheDirectory, { recursive: true })],
  ])('mends itself when %s', async (_, harm) => {
    const commit = await (await given.open()).resolve('main', NEVER)
    harm()
    const source = await given.open()
    expect((await readAll(source, commit)).map(({ path }) => path)).toEqual(['a.yaml'])
    expect(await texts(source)).toEqual(['a'])
  })

  it('mends itself when a file is gone that the newest commit shares with an older one', async () => {
    await texts(await given.open())
    const older = [...files('.pack'), ...files('.idx')]
    given.repository.commit({ 'b.yaml': 'b' })
    given.repository.publish()
    const commit = await (await given.open()).resolve('main', NEVER)
    for (const file of older) rmSync(file)
    const source = await given.open()
    expect((await readAll(source, commit)).map(({ path }) => path)).toEqual(['a.yaml', 'b.yaml'])
    expect(given.log.lines).toMatchObject([{ level: 'info', sentence: 'git cache is thrown away' }])
  })

  it('clears away what a killed process left half-written', async () => {
    await texts(await given.open())
    const before = kept(given.cacheDirectory)
    writeFileSync(join(packs(), 'pack-1234.pack'), 'no index')
    writeFileSync(join(packs(), 'pack-5678.pack.plumbline-tmp-x'), 'half')
    await given.open()
    expect(kept(given.cacheDirectory)).toEqual(before)
  })

  it('is thrown away when it belongs to another repository', async () => {
    await (await given.open()).resolve('main', NEVER)
    await given.open({ url: `${given.server.origin}/other.git` })
    expect(kept(given.cacheDirectory)).toEqual([])
  })

  it('is readable by its owner only', async () => {
    await texts(await given.open())
    expect(statSync(given.cacheDirectory).mode & 0o777).toBe(0o700)
  })
})
