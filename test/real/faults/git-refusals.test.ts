/** F17 and F20: a git server that is away, refuses, asks for a pause or sends us elsewhere, and what a pass makes of it. */
import { describe, expect, it } from 'vitest'
import { type Fault, startGitHttpServer } from '../../support/git-http-server.ts'
import { BOOKSTORE_FILES, grantFile } from '../../support/policy-yaml.ts'
import { aGitWorld } from './git-world.ts'

const PASSWORD = 'correct horse'
const CREDENTIALS = { type: 'basic', username: 'ada', password: PASSWORD } as const
const BODY = Buffer.from('<html>no</html>')
const BUSY: Fault = {
  ...({ type: 'answer', status: 429, body: BODY } as const),
  headers: { 'retry-after': '7' },
}

/** Everything that was said or kept by anybody. */
const said = (...all: readonly unknown[]) =>
  JSON.stringify(all, (_, value: unknown) =>
    value instanceof Error ? { ...value, text: `${value.message} ${String(value.cause)}` } : value,
  )

it.each<[string, Fault, string]>([
  ['401', { type: 'answer', status: 401, body: BODY }, 'AuthenticationFailed'],
  ['403', { type: 'answer', status: 403, body: BODY }, 'AuthenticationFailed'],
  [
    '401 for the pack only',
    { at: 'pack', type: 'answer', status: 401, body: BODY },
    'AuthenticationFailed',
  ],
  ['429', BUSY, 'HostUnreachable'],
  ['503', { type: 'answer', status: 503, body: BODY }, 'HostUnreachable'],
  ['404', { type: 'answer', status: 404, body: BODY }, 'RepositoryInvalid'],
  ['a connection that is cut', { type: 'hangUp', bytes: 10 }, 'HostUnreachable'],
  ['a web page', { type: 'answer', status: 200, body: BODY }, 'RepositoryInvalid'],
])(
  '%s changes nothing, is told without the password, and is forgotten when it is over',
  async (_, fault, code) => {
    const world = await aGitWorld({ credentials: CREDENTIALS })
    world.push(BOOKSTORE_FILES)
    await world.pass()
    const next = world.push(grantFile('reader'))
    world.server.fault = fault
    const ended = await world.pass()
    expect(ended).toMatchObject({ type: 'failed', error: { code } })
    expect(said(ended, world.log.lines, world.progress)).not.toMatch(/horse|YWRh/)
    expect([world.served.length, await world.grants()]).toEqual([1, ['bookbuyer']])
    world.server.fault = undefined
    await world.clock.advance(7_000)
    expect(await world.pass()).toEqual({ type: 'synced', commit: next })
    expect(await world.grants()).toEqual(['bookbuyer', 'reader'])
  },
)

describe('a server that asks for a pause', () => {
  it('gets it, whoever asks for a pass meanwhile', async () => {
    const world = await aGitWorld()
    const commit = world.push(BOOKSTORE_FILES)
    world.server.fault = BUSY
    expect(await world.pass()).toMatchObject({ type: 'failed', retryAfterMs: 7_000 })
    world.server.fault = undefined
    const { length } = world.server.requests
    await world.clock.advance(6_999)
    expect(await world.pass()).toMatchObject({ type: 'failed', retryAfterMs: 1 })
    expect(world.server.requests).toHaveLength(length)
    await world.clock.advance(1)
    expect(await world.pass()).toEqual({ type: 'synced', commit })
  })
})

describe('a server that sends us to another host', () => {
  it.each([301, 302, 307, 308])(
    'by %i gets no credentials sent there, for the refs or the pack',
    async (status) => {
      const world = await aGitWorld({ credentials: CREDENTIALS })
      const other = await startGitHttpServer({ root: world.repository.root })
      try {
        world.push(BOOKSTORE_FILES)
        for (const at of ['refs', 'pack'] as const) {
          world.server.fault = { at, type: 'redirect', to: other.origin, status }
          const ended = await world.pass()
          expect(ended).toMatchObject({ type: 'failed', error: { code: 'RepositoryInvalid' } })
          expect(said(ended)).toContain(`redirects to ${other.origin}`)
        }
        expect([other.requests, world.served]).toEqual([[], []])
      } finally {
        await other.close()
      }
    },
  )
})
