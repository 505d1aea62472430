import { describe, expect, it } from 'vitest'
import { type CommitSha, toCommitSha } from '../../src/model/commit-sha.ts'
import type { ResourceType } from '../../src/render/envoy/envoy-resource.ts'
import { type Enforcement, EnforcementLog } from '../../src/xds/enforcement.ts'
import { FakeClock } from '../support/fake-clock.ts'

const A = toCommitSha('a'.repeat(40))
const B = toCommitSha('b'.repeat(40))

/** The same repository all through, but where another is said. */
const of = (commit: CommitSha, repository = 'policies') => ({ repository, commit })

const first = { id: 's1', proxy: 'p1' }
const second = { id: 's2', proxy: 'p2' }

function aRejection(proxy = 'p1') {
  const type: ResourceType = 'route'
  const origins = [{ file: 'policies/web.yaml', line: 3, column: 1 }]
  return { proxy, type, name: 'outbound', error: 'no such cluster', origins }
}

/** Commit A published as publication 1, touching both streams. */
function rollingOut() {
  const clock = new FakeClock()
  const log = new EnforcementLog(clock)
  const ended: Enforcement[] = []
  log.onEnd((enforcement) => ended.push(enforcement), new AbortController().signal)
  log.begin({ ...of(A), sequence: 1 })
  log.touch(first)
  log.touch(second)
  return { clock, log, ended }
}

describe('a commit', () => {
  it('is enforced when the last proxy that it touches has ACKed, and says how long that took', async () => {
    const { clock, log, ended } = rollingOut()
    log.swept(1)
    await clock.advance(5)
    log.progress(first, 1)
    expect(log.enforcement(of(A))).toMatchObject({
      state: 'enforcing',
      acked: 1,
      waitingFor: ['p2'],
    })
    await clock.advance(7)
    log.progress(second, 1)
    await clock.advance(100)
    const enforced: Enforcement = {
      ...of(A),
      state: 'enforced',
      touched: 2,
      acked: 2,
      nacked: [],
      waitingFor: [],
      elapsedMs: 12,
      sinceMs: 12,
    }
    expect(log.enforcement(of(A))).toEqual(enforced)
    expect(ended).toEqual([enforced])
  })

  it('is measured from an earlier instant, too, when one is given', async () => {
    const clock = new FakeClock()
    await clock.advance(1_000)
    const log = new EnforcementLog(clock)
    log.begin({ ...of(A), sequence: 1, since: 400 })
    await clock.advance(50)
    log.swept(1)
    expect(log.enforcement(of(A))).toMatchObject({ elapsedMs: 50, sinceMs: 650 })
  })

  it('that touches nobody is enforced as soon as everybody was looked at', () => {
    const log = new EnforcementLog(new FakeClock())
    log.begin({ ...of(A), sequence: 1 })
    expect(log.enforcement(of(A))?.state).toBe('enforcing')
    log.swept(1)
    expect(log.enforcement(of(A))).toMatchObject({ state: 'enforced', touched: 0 })
  })

  it('is not enforced before everybody was looked at, though those looked at have ACKed', () => {
    const { log } = rollingOut()
    log.progress(first, 1)
    log.progress(second, 1)
    expect(log.enforcement(of(A))?.state).toBe('enforcing')
    log.swept(1)
    expect(log.enforcement(of(A))?.state).toBe('enforced')
  })

  it('is not proven by an ACK of what was published before it', () => {
    const log = new EnforcementLog(new FakeClock())
    log.begin({ ...of(A), sequence: 4 })
    log.touch(first)
    log.swept(4)
    log.progress(first, 3)
    expect(log.enforcement(of(A))?.acked).toBe(0)
  })

  it('that a proxy rejects is rejected, once the others have answered, and says where to mend it', () => {
    const { log } = rollingOut()
    log.swept(1)
    log.reject(first, [aRejection()])
    expect(log.enforcement(of(A))?.state).toBe('enforcing')
    log.progress(second, 1)
    expect(log.enforcement(of(A))).toMatchObject({
      state: 'rejected',
      touched: 2,
      acked: 1,
      nacked: [aRejection()],
      waitingFor: ['p1'],
    })
  })

  it('that a proxy rejected stays rejected there, though it ACKs the rest', () => {
    const { log } = rollingOut()
    log.swept(1)
    log.reject(first, [aRejection()])
    log.progress(first, 1)
    log.progress(second, 1)
    expect(log.enforcement(of(A))?.state).toBe('rejected')
  })

  it('does not count a proxy that is held back from what another rejected', () => {
    const { log } = rollingOut()
    log.swept(1)
    log.reject(first, [aRejection()])
    log.holdBack(second)
    expect(log.enforcement(of(A))).toMatchObject({ state: 'rejected', acked: 0 })
  })

  it('waits again for a proxy that is let through after all', () => {
    const { log } = rollingOut()
    log.holdBack(second)
    log.letThrough(second)
    log.swept(1)
    log.progress(first, 1)
    expect(log.enforcement(of(A))).toMatchObject({ state: 'enforcing', waitingFor: ['p2'] })
    log.progress(second, 1)
    expect(log.enforcement(of(A))?.state).toBe('enforced')
  })

  it('does not wait for a proxy that has gone', () => {
    const { log } = rollingOut()
    log.swept(1)
    log.progress(first, 1)
    log.leave(second)
    expect(log.enforcement(of(A))).toMatchObject({ state: 'enforced', touched: 1, acked: 1 })
  })

  it('counts a proxy with two streams once, and only when both have ACKed', () => {
    const { log } = rollingOut()
    log.touch({ id: 's3', proxy: 'p1' })
    log.swept(1)
    log.progress(first, 1)
    log.progress(second, 1)
    expect(log.enforcement(of(A))).toMatchObject({ touched: 2, acked: 1, waitingFor: ['p1'] })
  })

  it('is superseded by the next one while it is not enforced', () => {
    const { log, ended } = rollingOut()
    log.begin({ ...of(B), sequence: 2 })
    expect(log.enforcement(of(A))?.state).toBe('superseded')
    expect(ended.map(({ commit, state }) => [commit, state])).toEqual([[A, 'superseded']])
  })

  it('stays enforced when the next one comes', () => {
    const { log } = rollingOut()
    log.swept(1)
    log.progress(first, 1)
    log.progress(second, 1)
    log.begin({ ...of(B), sequence: 2 })
    expect(log.enforcement(of(A))?.state).toBe('enforced')
  })

  it('published again as endpoints move goes on where it was', () => {
    const { log } = rollingOut()
    log.swept(1)
    log.progress(first, 1)
    log.begin({ ...of(A), sequence: 2 })
    log.touch({ id: 's3', proxy: 'p3' })
    expect(log.enforcement(of(A))).toMatchObject({ state: 'enforcing', touched: 2, acked: 1 })
  })

  it('published again after another one starts anew', () => {
    const { log } = rollingOut()
    log.begin({ ...of(B), sequence: 2 })
    log.begin({ ...of(A), sequence: 3 })
    log.touch(first)
    log.swept(3)
    log.progress(first, 3)
    expect(log.enforcement(of(A))).toMatchObject({ state: 'enforced', touched: 1 })
  })

  it('that was never published is not known', () => {
    expect(new EnforcementLog(new FakeClock()).enforcement(of(A))).toBeUndefined()
  })

  it('is remembered among the last 64', () => {
    const log = new EnforcementLog(new FakeClock())
    const commits = Array.from({ length: 65 }, (_, n) =>
      toCommitSha(n.toString(16).padStart(40, '0')),
    )
    for (const [sequence, commit] of commits.entries()) log.begin({ ...of(commit), sequence })
    expect(commits.filter((commit) => log.enforcement(of(commit)) === undefined)).toEqual([
      commits[0],
    ])
  })
})

describe('commits of two repositories', () => {
  it('do not supersede each other, and are enforced each for itself', () => {
    const { log, ended } = rollingOut()
    log.swept(1)
    log.begin({ ...of(B, 'team'), sequence: 2 })
    log.touch(second)
    log.swept(2)
    log.progress(first, 1)
    log.progress(second, 1)
    expect(log.enforcement(of(A))?.state).toBe('enforced')
    expect(log.enforcement(of(B, 'team'))).toMatchObject({ state: 'enforcing', touched: 1 })
    log.progress(second, 2)
    expect(ended.map(({ repository, state }) => [repository, state])).toEqual([
      ['policies', 'enforced'],
      ['team', 'enforced'],
    ])
  })

  it('are both rejected where a NACK may be for either', () => {
    const { log } = rollingOut()
    log.begin({ ...of(B, 'team'), sequence: 2 })
    log.touch(first)
    log.swept(2)
    log.progress(second, 2)
    log.reject(first, [aRejection()])
    expect(log.enforcement(of(A))?.state).toBe('rejected')
    expect(log.enforcement(of(B, 'team'))?.state).toBe('rejected')
  })

  it('may be the same commit, followed twice', () => {
    const { log } = rollingOut()
    log.begin({ ...of(A, 'team'), sequence: 2 })
    log.swept(2)
    expect(log.enforcement(of(A, 'team'))).toMatchObject({ state: 'enforced', touched: 0 })
    expect(log.enforcement(of(A))).toMatchObject({ state: 'enforcing', touched: 2 })
  })

  it('are forgotten with their repository, and nobody waits for them', () => {
    const { log, ended } = rollingOut()
    log.forget('policies')
    expect(ended).toMatchObject([{ commit: A, state: 'superseded' }])
    expect(log.enforcement(of(A))).toBeUndefined()
  })
})

describe('waiting for a commit', () => {
  it('ends when it is enforced', async () => {
    const { log } = rollingOut()
    const settled = log.settled(of(A), new AbortController().signal)
    log.swept(1)
    log.progress(first, 1)
    log.progress(second, 1)
    expect(await settled).toMatchObject({ commit: A, state: 'enforced' })
    expect(await log.settled(of(A), new AbortController().signal)).toMatchObject({
      state: 'enforced',
    })
  })

  it('ends with the signal, and with its reason', async () => {
    const { log } = rollingOut()
    const controller = new AbortController()
    const settled = log.settled(of(A), controller.signal)
    controller.abort(new Error('too long'))
    await expect(settled).rejects.toThrow('too long')
  })

  it('is refused for a commit that was never published', async () => {
    const { log } = rollingOut()
    await expect(log.settled(of(B), new AbortController().signal)).rejects.toThrow(
      /was not published/,
    )
  })
})
