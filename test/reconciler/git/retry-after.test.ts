/** For how long a git server wants to be left alone, and that it is. */
import { describe, expect, it } from 'vitest'
import { refuseStatus } from '../../../src/reconciler/git/http-refusals.ts'
import { RemoteManners } from '../../../src/reconciler/git/remote-manners.ts'
import { readRetryAfter } from '../../../src/reconciler/git/retry-after.ts'
import { GitSourceError } from '../../../src/reconciler/git-source.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const url = 'https://git.example.com/mesh.git'
const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
const OID = 'a'.repeat(40)

describe('Retry-After', () => {
  it.each([
    ['7', 7_000],
    [' 0 ', 0],
    ['86400', 3_600_000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2026 07:27:00 GMT', 0],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 3_600_000],
    ['soon', undefined],
    ['-1', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is a pause of %j ms', (value, pause) => {
    expect(readRetryAfter({ 'retry-after': value, date })).toBe(pause)
  })

  it('that is a date means nothing in an answer without one', () => {
    expect(readRetryAfter({ 'retry-after': date })).toBeUndefined()
  })

  it('tells a 403 that asks for a pause from one that refuses credentials', () => {
    const asked = { url, authorization: 'Bearer x' }
    expect(refuseStatus(asked, 403).code).toBe('AuthenticationFailed')
    expect(refuseStatus(asked, 403, 7_000)).toMatchObject({
      code: 'HostUnreachable',
      retryAfterMs: 7_000,
      message: `${url} asks for fewer requests (status 403), and for a pause of 7 s; poll less often`,
    })
    expect(refuseStatus(asked, 503, 7_000)).toMatchObject({ retryAfterMs: 7_000 })
  })
})

describe('a server that asked for a pause', () => {
  const busy = () => Promise.reject(refuseStatus({ url, authorization: undefined }, 429, 7_000))
  const failure = (work: Promise<unknown>) => work.catch((error: unknown) => error)

  it('is asked nothing until it is over, and says how much is left', async () => {
    const clock = new FakeClock()
    const manners = new RemoteManners({ clock, url })
    await failure(manners.ask(busy))
    await clock.advance(6_999)
    let asked = 0
    const ask = async () => (asked += 1)
    expect(await failure(manners.ask(ask))).toMatchObject({
      code: 'HostUnreachable',
      retryAfterMs: 1,
      message: expect.stringContaining(`${url} asked for a pause, and is left alone for 1 s more`),
    })
    expect(await failure(manners.fetch(OID, ask))).toMatchObject({ retryAfterMs: 1 })
    await clock.advance(1)
    expect([asked, await manners.ask(ask)]).toEqual([0, 1])
  })
})

describe('what was too large', () => {
  it('is not fetched again for an hour, and anything else is', async () => {
    const clock = new FakeClock()
    const manners = new RemoteManners({ clock, url })
    const fetched: string[] = []
    const fetch = (oid: string) =>
      manners
        .fetch(oid, async () => {
          fetched.push(oid)
          if (oid === OID) throw new GitSourceError('LimitExceeded', 'too large')
        })
        .catch((error: unknown) => error)
    for (let i = 0; i < 3; i++) expect(await fetch(OID)).toMatchObject({ code: 'LimitExceeded' })
    await fetch('b')
    await clock.advance(60 * 60_000)
    await fetch(OID)
    expect(fetched).toEqual([OID, 'b', OID])
  })
})
