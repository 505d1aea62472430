/** A real smart-HTTP server: what it is asked, who is let in, where it may send us. */
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toCommitSha } from '../../src/model/commit-sha.ts'
import { startGitHttpServer } from '../support/git-http-server.ts'
import { gitOverHttp, kept, NEVER, readAll, refused, texts } from '../support/git-over-http.ts'

const given = gitOverHttp()

const PASSWORD = 'correct horse'
const BASIC = `Basic ${Buffer.from(`ada:${PASSWORD}`).toString('base64')}`
const CREDENTIALS = { type: 'basic', username: 'ada', password: PASSWORD } as const

const packBytes = (): number =>
  kept(given.cacheDirectory)
    .filter((line) => line.includes('.pack '))
    .reduce((sum, line) => sum + Number(line.split(' ')[1]), 0)

describe('what is asked', () => {
  it('is one small question while nothing changed: no fetch', async () => {
    const source = await given.open()
    await source.resolve('main', NEVER)
    given.server.requests.length = 0
    await source.resolve('main', NEVER)
    expect(given.server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /policy.git/info/refs?service=git-upload-pack',
      'POST /policy.git/git-upload-pack',
    ])
  })

  it('is nothing at all for a commit that was read before, even by an earlier process', async () => {
    const commit = await (await given.open()).resolve('main', NEVER)
    await given.server.close()
    const source = await given.open()
    const files = await readAll(source, commit)
    expect(files.map(({ path }) => path)).toEqual(['a.yaml'])
    expect((await source.header(commit, NEVER)).sha).toBe(commit)
    expect((await refused(source.resolve('main', NEVER))).code).toBe('HostUnreachable')
  })

  it('brings only what a commit changed, not every file again', async () => {
    const noise = (seed: number): string =>
      Array.from(
        { length: 400 },
        (_, at) => ((at + 1) * seed * 2_654_435_761) % 4_294_967_296,
      ).join()
    const many = Array.from({ length: 50 }, (_, at) => [`f${at}.yaml`, noise(at + 1)] as const)
    given.repository.commit(Object.fromEntries(many))
    given.repository.publish()
    const source = await given.open()
    await texts(source)
    const whole = packBytes()
    given.repository.commit({ 'a.yaml': 'changed' })
    given.repository.publish()
    expect((await texts(source))[0]).toBe('changed')
    expect(packBytes() - whole).toBeLessThan(whole / 20)
  })

  it('begins the cache anew after many fetches, and still has the commit before', async () => {
    const source = await given.open({ maxPacks: 3 })
    const first = await source.resolve('main', NEVER)
    let commit = first
    let before = first
    for (let push = 0; push < 4; push += 1) {
      given.repository.commit({ 'a.yaml': `change ${push}` })
      given.repository.publish()
      before = commit
      commit = await source.resolve('main', NEVER)
      expect(await source.relation({ from: before, to: commit }, NEVER)).toBe('descendant')
    }
    expect(await texts(source)).toEqual(['change 3'])
    expect(readdirSync(given.cacheDirectory).sort()).toEqual(['generation-1', 'generation-2'])
    await given.server.close()
    const reopened = await given.open()
    for (const sha of [first, before, commit])
      expect((await reopened.header(sha, NEVER)).sha).toBe(sha)
  })
})

describe('credentials', () => {
  it('open a repository by name and password', async () => {
    await given.guard(BASIC)
    expect(await texts(await given.open({ credentials: CREDENTIALS }))).toEqual(['a'])
  })

  it('open a repository by token', async () => {
    await given.guard('Bearer abc.def')
    expect(
      await texts(await given.open({ credentials: { type: 'bearer', token: 'abc.def' } })),
    ).toEqual(['a'])
  })

  it.each([
    ['none are given', undefined],
    ['they are wrong', { type: 'basic', username: 'ada', password: 'wrong horse' } as const],
  ])('are said to be refused where %s, without being shown', async (_, credentials) => {
    await given.guard(BASIC)
    const source = await given.open(credentials && { credentials })
    const error = await refused(source.resolve('main', NEVER))
    expect(error.code).toBe('AuthenticationFailed')
    expect(JSON.stringify([error.message, String(error.cause), given.log.lines])).not.toMatch(
      /horse|YWRh/,
    )
    expect(given.server.requests).toHaveLength(1)
  })

  it('that expire between the question and the fetch are said to be refused, and nothing is kept', async () => {
    const source = await given.open({ credentials: CREDENTIALS })
    given.server.fault = { at: 'pack', type: 'answer', status: 401, body: Buffer.from('expired') }
    expect((await refused(source.resolve('main', NEVER))).code).toBe('AuthenticationFailed')
    expect(kept(given.cacheDirectory)).toEqual([])
  })

  it('are not accepted in a URL, and the refusal does not repeat them', async () => {
    const url = given.server.origin.replace('//', `//ada:${encodeURIComponent(PASSWORD)}@`)
    const error = await refused(given.open({ url: `${url}/policy.git` }))
    expect(error.code).toBe('RepositoryInvalid')
    expect(error.message).toContain(`${given.server.origin}/policy.git`)
    expect(error.message).not.toMatch(/ada|horse/)
  })

  it.each([301, 302, 307, 308])('do not follow a redirect (%i) to another host', async (status) => {
    const other = await startGitHttpServer({ root: given.repository.root })
    try {
      given.server.fault = { type: 'redirect', to: other.origin, status }
      const error = await refused(
        (await given.open({ credentials: CREDENTIALS })).resolve('main', NEVER),
      )
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
    const source = await given.open({ url: `${given.server.origin}/old/policy.git` })
    // The old name answers with the new one; what follows is asked under the old name and redirected again.
    given.server.redirects.set('/old/policy.git', '/policy.git')
    expect(await texts(source)).toEqual(['a'])
  })

  it('in a circle end', async () => {
    given.server.fault = { type: 'redirect', to: '' }
    const error = await refused((await given.open()).resolve('main', NEVER))
    expect(error.code).toBe('RepositoryInvalid')
    expect(given.server.requests.length).toBeLessThan(10)
  })

  it('to another scheme are not followed', async () => {
    given.server.fault = { type: 'redirect', to: 'file:///etc' }
    const error = await refused((await given.open()).resolve('main', NEVER))
    expect(error.code).toBe('RepositoryInvalid')
  })
})

describe('a commit by name', () => {
  it('is fetched where the server gives it out', async () => {
    const commit = given.repository.head()
    const source = await given.open()
    expect(await source.resolve(commit, NEVER)).toBe(commit)
  })

  it('that no ref names any more is said to be withheld', async () => {
    const old = given.repository.head()
    given.repository.git('commit', '-q', '--amend', '-m', 'rewritten')
    given.repository.publish()
    const error = await refused((await given.open()).resolve(old, NEVER))
    expect([error.code, error.message]).toEqual([
      'CommitNotFound',
      expect.stringContaining('uploadpack.allowReachableSHA1InWant'),
    ])
  })

  it('that does not exist is not found', async () => {
    const source = await given.open()
    await source.resolve('main', NEVER)
    const absent = toCommitSha('f'.repeat(40))
    expect((await refused(source.header(absent, NEVER))).code).toBe('CommitNotFound')
  })
})
