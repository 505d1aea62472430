/** A real smart-HTTP server, and everything that goes wrong with one. */

import { randomBytes } from 'node:crypto'
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toCommitSha } from '../../src/model/commit-sha.ts'
import type { GitSource } from '../../src/reconciler/git-source.ts'
import { GitSourceError } from '../../src/reconciler/git-source.ts'
import {
  type GitSourceOptions,
  openIsomorphicGitSource,
} from '../../src/reconciler/git-source-isomorphic.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type Fault, type GitHttpServer, startGitHttpServer } from '../support/git-http-server.ts'
import { GitRepository } from '../support/git-repository.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

const NEVER = new AbortController().signal
const LIMITS = { maxFiles: 1_000, maxFileBytes: 100_000, maxTotalBytes: 1_000_000 }
const PASSWORD = 'correct horse'
const BASIC = `Basic ${Buffer.from(`ada:${PASSWORD}`).toString('base64')}`
const CREDENTIALS = { type: 'basic', username: 'ada', password: PASSWORD } as const

let repository: GitRepository
let server: GitHttpServer
let clock: FakeClock
let log: RecordingLogger

beforeEach(async () => {
  repository = new GitRepository()
  repository.commit({ 'a.yaml': 'a' })
  repository.publish()
  server = await startGitHttpServer({ root: repository.root })
  clock = new FakeClock()
  log = new RecordingLogger()
})
afterEach(async () => {
  await server.close()
  repository.remove()
})

const cacheDirectory = (): string => join(repository.root, 'cache')

function open(options: Partial<GitSourceOptions> = {}): Promise<GitSource> {
  const url = `${server.origin}/policy.git`
  return openIsomorphicGitSource({ url, cacheDirectory: cacheDirectory(), clock, log, ...options })
}

async function texts(source: GitSource, ref = 'main'): Promise<readonly string[]> {
  const commit = await source.resolve(ref, NEVER)
  const files = await source.read({
    commit,
    path: '',
    wanted: () => true,
    limits: LIMITS,
    signal: NEVER,
  })
  return files.map((file) => Buffer.from(file.bytes).toString())
}

async function refusal(work: Promise<unknown>): Promise<GitSourceError> {
  const error = await work.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof GitSourceError) return error
  throw error
}

/** Everything in the cache, with sizes: to see that nothing half-done was kept. */
function kept(): readonly string[] {
  if (!existsSync(cacheDirectory())) return []
  return readdirSync(cacheDirectory(), { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(cacheDirectory(), name)).isFile())
    .map((name) => `${name} ${statSync(join(cacheDirectory(), name)).size}`)
    .sort()
}

const packBytes = (): number =>
  kept()
    .filter((line) => line.includes('.pack '))
    .reduce((sum, line) => sum + Number(line.split(' ')[1]), 0)

describe('what is asked', () => {
  it('is one small question while nothing changed: no fetch', async () => {
    const source = await open()
    await source.resolve('main', NEVER)
    server.requests.length = 0
    await source.resolve('main', NEVER)
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /policy.git/info/refs?service=git-upload-pack',
      'POST /policy.git/git-upload-pack',
    ])
  })

  it('is nothing at all for a commit that was read before, even by an earlier process', async () => {
    const commit = await (await open()).resolve('main', NEVER)
    await server.close()
    const source = await open()
    const files = await source.read({
      commit,
      path: '',
      wanted: () => true,
      limits: LIMITS,
      signal: NEVER,
    })
    expect(files.map(({ path }) => path)).toEqual(['a.yaml'])
    expect((await source.header(commit, NEVER)).sha).toBe(commit)
    expect((await refusal(source.resolve('main', NEVER))).code).toBe('HostUnreachable')
  })

  it('brings only what a commit changed, not every file again', async () => {
    const noise = (seed: number): string =>
      Array.from(
        { length: 400 },
        (_, at) => ((at + 1) * seed * 2_654_435_761) % 4_294_967_296,
      ).join()
    const many = Array.from({ length: 50 }, (_, at) => [`f${at}.yaml`, noise(at + 1)] as const)
    repository.commit(Object.fromEntries(many))
    repository.publish()
    const source = await open()
    await texts(source)
    const whole = packBytes()
    repository.commit({ 'a.yaml': 'changed' })
    repository.publish()
    expect((await texts(source))[0]).toBe('changed')
    expect(packBytes() - whole).toBeLessThan(whole / 20)
  })

  it('begins the cache anew after many fetches, and still has the commit before', async () => {
    const source = await open({ maxPacks: 3 })
    const first = await source.resolve('main', NEVER)
    let commit = first
    let before = first
    for (let push = 0; push < 4; push += 1) {
      repository.commit({ 'a.yaml': `change ${push}` })
      repository.publish()
      before = commit
      commit = await source.resolve('main', NEVER)
      expect(await source.relation({ from: before, to: commit }, NEVER)).toBe('descendant')
    }
    expect(await texts(source)).toEqual(['change 3'])
    expect(readdirSync(cacheDirectory()).sort()).toEqual(['generation-1', 'generation-2'])
    await server.close()
    const reopened = await open()
    for (const sha of [first, before, commit])
      expect((await reopened.header(sha, NEVER)).sha).toBe(sha)
  })
})

describe('credentials', () => {
  const guarded = (authorization: string) => async () => {
    await server.close()
    server = await startGitHttpServer({ root: repository.root, authorization })
  }

  it('open a repository by name and password', async () => {
    await guarded(BASIC)()
    expect(await texts(await open({ credentials: CREDENTIALS }))).toEqual(['a'])
  })

  it('open a repository by token', async () => {
    await guarded('Bearer abc.def')()
    expect(await texts(await open({ credentials: { type: 'bearer', token: 'abc.def' } }))).toEqual([
      'a',
    ])
  })

  it.each([
    ['none are given', undefined],
    ['they are wrong', { type: 'basic', username: 'ada', password: 'wrong horse' } as const],
  ])('are said to be refused where %s, without being shown', async (_, credentials) => {
    await guarded(BASIC)()
    const source = await open(credentials && { credentials })
    const error = await refusal(source.resolve('main', NEVER))
    expect(error.code).toBe('AuthenticationFailed')
    expect(JSON.stringify([error.message, String(error.cause), log.lines])).not.toMatch(
      /horse|YWRh/,
    )
    expect(server.requests).toHaveLength(1)
  })

  it('that expire between the question and the fetch are said to be refused, and nothing is kept', async () => {
    const source = await open({ credentials: CREDENTIALS })
    server.fault = { at: 'pack', type: 'answer', status: 401, body: Buffer.from('expired') }
    expect((await refusal(source.resolve('main', NEVER))).code).toBe('AuthenticationFailed')
    expect(kept()).toEqual([])
  })

  it('are not accepted in a URL, and the refusal does not repeat them', async () => {
    const url = server.origin.replace('//', `//ada:${encodeURIComponent(PASSWORD)}@`)
    const error = await refusal(open({ url: `${url}/policy.git` }))
    expect(error.code).toBe('RepositoryInvalid')
    expect(error.message).toContain(`${server.origin}/policy.git`)
    expect(error.message).not.toMatch(/ada|horse/)
  })

  it.each([301, 302, 307, 308])('do not follow a redirect (%i) to another host', async (status) => {
    const other = await startGitHttpServer({ root: repository.root })
    try {
      server.fault = { type: 'redirect', to: other.origin, status }
      const error = await refusal((await open({ credentials: CREDENTIALS })).resolve('main', NEVER))
      expect(error.code).toBe('RepositoryInvalid')
      expect(error.message).toContain(other.origin)
      expect(other.requests).toEqual([])
    } finally {
      await other.close()
    }
  })
})

describe('redirects', () => {
  it('within one host are followed', async () => {
    const source = await open({ url: `${server.origin}/old/policy.git` })
    // The old name answers with the new one; what follows is asked under the old name and redirected again.
    server.redirects.set('/old/policy.git', '/policy.git')
    expect(await texts(source)).toEqual(['a'])
  })

  it('in a circle end', async () => {
    server.fault = { type: 'redirect', to: '' }
    const error = await refusal((await open()).resolve('main', NEVER))
    expect(error.code).toBe('RepositoryInvalid')
    expect(server.requests.length).toBeLessThan(10)
  })

  it('to another scheme are not followed', async () => {
    server.fault = { type: 'redirect', to: 'file:///etc' }
    const error = await refusal((await open()).resolve('main', NEVER))
    expect(error.code).toBe('RepositoryInvalid')
  })
})

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
    const source = await open()
    server.fault = fault
    const error = await refusal(source.resolve('main', NEVER))
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(server.origin)])
    expect(kept()).toEqual([])
    server.fault = undefined
    expect(await texts(source)).toEqual(['a'])
  })

  it('leaves the commit that was had readable, and the cache as it was', async () => {
    const source = await open()
    const good = await source.resolve('main', NEVER)
    const before = kept()
    repository.commit({ 'a.yaml': 'b' })
    repository.publish()
    server.fault = { type: 'corrupt', at: 'pack' }
    await refusal(source.resolve('main', NEVER))
    expect(kept()).toEqual(before)
    const request = { commit: good, path: '', wanted: () => true, limits: LIMITS, signal: NEVER }
    expect(await source.read(request)).toHaveLength(1)
    server.fault = undefined
    expect(await texts(source)).toEqual(['b'])
  })

  it.each(['stallBeforeHeaders', 'stallAfterHeaders'] as const)(
    'that stalls (%s) meets the time limit, while the last commit stays readable',
    async (type) => {
      const source = await open({ timeoutMs: 10_000 })
      const good = await source.resolve('main', NEVER)
      server.fault = { type }
      const stalled = refusal(source.resolve('main', NEVER))
      await server.nextRequest()
      const request = { commit: good, path: '', wanted: () => true, limits: LIMITS, signal: NEVER }
      expect(await source.read(request)).toHaveLength(1)
      await clock.advance(9_999)
      await clock.advance(1)
      const error = await stalled
      expect([error.code, error.message]).toEqual([
        'TimedOut',
        `asking ${server.origin}/policy.git for main took longer than 10 s; the server is reachable but stalls or is slow, look at its load or allow more time`,
      ])
      server.fault = undefined
      expect(await texts(source)).toEqual(['a'])
      expect(clock.sleeping).toBe(0)
    },
  )

  it('that stalls is left at once on abort', async () => {
    const source = await open()
    server.fault = { type: 'stallAfterHeaders' }
    const abort = new AbortController()
    const stalled = refusal(source.resolve('main', abort.signal))
    await server.nextRequest()
    abort.abort()
    expect((await stalled).code).toBe('Aborted')
    expect([kept(), clock.sleeping]).toEqual([[], 0])
  })

  it('that is not there is unreachable', async () => {
    const source = await open()
    await server.close()
    const error = await refusal(source.resolve('main', NEVER))
    expect([error.code, error.message]).toEqual([
      'HostUnreachable',
      `${server.origin}/policy.git cannot be reached: nothing listens there (ECONNREFUSED); check the port`,
    ])
  })

  it('that sends more than the limit is stopped', async () => {
    repository.commit({
      'big.bin': randomBytes(50_000),
    })
    repository.publish()
    const source = await open({ maxPackBytes: 10_000 })
    expect((await refusal(source.resolve('main', NEVER))).code).toBe('LimitExceeded')
    expect(kept()).toEqual([])
  })

  it('that sends a file which unfolds to more than the limit is refused before it is unfolded', async () => {
    repository.commit({ 'bomb.yaml': Buffer.alloc(8 * 2 ** 20) })
    repository.publish()
    const source = await open({ maxObjectBytes: 2 ** 20, maxPackBytes: 2 ** 20 })
    const error = await refusal(source.resolve('main', NEVER))
    expect([error.code, error.message]).toEqual([
      'LimitExceeded',
      expect.stringContaining('holds an object of 8388608 bytes; the limit is 1048576'),
    ])
    expect(kept()).toEqual([])
  })
})

describe('a cache at fault', () => {
  const generation = (): string => join(cacheDirectory(), 'generation-1')
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
    ['all of it is gone', () => rmSync(cacheDirectory(), { recursive: true })],
  ])('mends itself when %s', async (_, harm) => {
    const commit = await (await open()).resolve('main', NEVER)
    harm()
    const source = await open()
    const request = { commit, path: '', wanted: () => true, limits: LIMITS, signal: NEVER }
    expect((await source.read(request)).map(({ path }) => path)).toEqual(['a.yaml'])
    expect(await texts(source)).toEqual(['a'])
  })

  it('mends itself when a blob is gone that the next commit needs', async () => {
    const source = await open()
    await texts(source)
    repository.commit({ 'b.yaml': 'b' })
    repository.publish()
    const reopened = await open()
    const commit = await reopened.resolve('main', NEVER)
    for (const file of [...files('.pack'), ...files('.idx')])
      if (readFileSync(file).length > 0 && !file.includes(newestPack())) rmSync(file)
    const third = await open()
    const request = { commit, path: '', wanted: () => true, limits: LIMITS, signal: NEVER }
    expect((await third.read(request)).map(({ path }) => path)).toEqual(['a.yaml', 'b.yaml'])
  })

  const newestPack = (): string => {
    const byTime = [...files('.idx')].sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    return byTime[0]?.replace(/\.idx$/, '') ?? ''
  }

  it('clears away what a killed process left half-written', async () => {
    await texts(await open())
    const before = kept()
    writeFileSync(join(packs(), 'pack-1234.pack'), 'no index')
    writeFileSync(join(packs(), 'pack-5678.pack.plumbline-tmp-x'), 'half')
    await open()
    expect(kept()).toEqual(before)
  })

  it('is thrown away when it belongs to another repository', async () => {
    await (await open()).resolve('main', NEVER)
    await open({ url: `${server.origin}/other.git` })
    expect(kept()).toEqual([])
  })

  it('is readable by its owner only', async () => {
    await texts(await open())
    expect(statSync(cacheDirectory()).mode & 0o777).toBe(0o700)
  })
})

describe('a commit by name', () => {
  it('is fetched where the server gives it out', async () => {
    const commit = repository.head()
    const source = await open()
    expect(await source.resolve(commit, NEVER)).toBe(commit)
  })

  it('that no ref names any more is said to be withheld', async () => {
    const old = repository.head()
    repository.git('commit', '-q', '--amend', '-m', 'rewritten')
    repository.publish()
    const error = await refusal((await open()).resolve(old, NEVER))
    expect([error.code, error.message]).toEqual([
      'CommitNotFound',
      expect.stringContaining('uploadpack.allowReachableSHA1InWant'),
    ])
  })

  it('that does not exist is not found', async () => {
    const source = await open()
    await source.resolve('main', NEVER)
    const absent = toCommitSha('f'.repeat(40))
    expect((await refusal(source.header(absent, NEVER))).code).toBe('CommitNotFound')
  })
})
