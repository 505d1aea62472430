/** Time limits, turns, and what is remembered between commits. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteCache } from '../../../src/reconciler/git/byte-cache.ts'
import { withDeadline } from '../../../src/reconciler/git/deadline.ts'
import { Mutex } from '../../../src/reconciler/git/mutex.ts'
import { RecentCache } from '../../../src/reconciler/git/recent-cache.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const NEVER = new AbortController().signal

describe('a time limit', () => {
  const untilAborted = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })

  it('lets work through that ends in time, and leaves no timer', async () => {
    const clock = new FakeClock()
    const limit = { clock, timeoutMs: 1_000, what: 'asking', signal: NEVER }
    expect(await withDeadline(limit, async () => 7)).toBe(7)
    await clock.advance(0)
    expect(clock.sleeping).toBe(0)
  })

  it('ends work that takes longer, and says of what', async () => {
    const clock = new FakeClock()
    const limit = { clock, timeoutMs: 1_500, what: 'asking host for main', signal: NEVER }
    const ended = expect(withDeadline(limit, untilAborted)).rejects.toMatchObject({
      code: 'TimedOut',
      message: expect.stringContaining('asking host for main took longer than 1.5 s'),
    })
    await clock.advance(1_500)
    await ended
  })

  it('ends work whose caller gives up, before or meanwhile', async () => {
    const clock = new FakeClock()
    const abort = new AbortController()
    const limit = { clock, timeoutMs: 1_500, what: 'asking', signal: abort.signal }
    const aborted = { code: 'Aborted', message: 'asking was aborted' }
    const ended = expect(withDeadline(limit, untilAborted)).rejects.toMatchObject(aborted)
    abort.abort()
    await ended
    let begun = false
    const late = withDeadline(limit, async () => {
      begun = true
    })
    await expect(late).rejects.toMatchObject(aborted)
    await clock.advance(0)
    expect([begun, clock.sleeping]).toEqual([false, 0])
  })

  it('passes on what the work throws', async () => {
    const limit = { clock: new FakeClock(), timeoutMs: 1, what: 'asking', signal: NEVER }
    await expect(withDeadline(limit, () => Promise.reject(new Error('own')))).rejects.toThrow('own')
  })
})

describe('turns', () => {
  it('are taken one at a time, in the order of asking, through failures', async () => {
    const mutex = new Mutex()
    const seen: string[] = []
    const work = (name: string) => async (): Promise<void> => {
      seen.push(`${name} begins`)
      await Promise.resolve()
      seen.push(`${name} ends`)
      if (name === 'b') throw new Error('b failed')
    }
    await Promise.allSettled(['a', 'b', 'c'].map((name) => mutex.run(work(name), NEVER)))
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  })

  it('are given up at once on abort, and nobody jumps the queue for it', async () => {
    const mutex = new Mutex()
    const first = Promise.withResolvers<void>()
    const abort = new AbortController()
    const seen: string[] = []
    const a = mutex.run(() => first.promise, NEVER)
    const b = mutex.run(async () => seen.push('b'), abort.signal)
    const c = mutex.run(async () => seen.push('c'), NEVER)
    abort.abort(new Error('given up'))
    await expect(b).rejects.toThrow('given up')
    await expect(mutex.run(async () => seen.push('d'), abort.signal)).rejects.toThrow('given up')
    expect(seen).toEqual([])
    first.resolve()
    await Promise.all([a, c])
    expect(seen).toEqual(['c'])
  })
})

describe('what is remembered', () => {
  it('between commits is what the last two used', () => {
    const cache = new RecentCache<number>()
    cache.set('kept', 1)
    cache.set('dropped', 2)
    cache.turn()
    cache.get('kept')
    cache.turn()
    expect([cache.get('kept'), cache.get('dropped')]).toEqual([1, undefined])
  })

  it('of delta bases is what was used last, within its bytes', () => {
    const cache = new ByteCache<string, number>(100)
    for (const name of ['a', 'b', 'c', 'd']) cache.set(name, 1, 25)
    cache.get('a')
    cache.set('e', 1, 25)
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => cache.get(name))).toEqual([
      1,
      undefined,
      1,
      1,
      1,
    ])
    cache.set('huge', 1, 26)
    expect(cache.get('huge')).toBeUndefined()
  })

  it('never has more bytes than allowed', () => {
    const step = fc.record({ key: fc.nat(8), bytes: fc.nat(30) })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const cache = new ByteCache<number, number>(60)
        for (const { key, bytes } of steps) cache.set(key, bytes, bytes)
        const held = Array.from({ length: 9 }, (_, key) => cache.get(key) ?? 0)
        expect(held.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(60)
      }),
    )
  })
})
