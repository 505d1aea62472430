/** When work is done: the debounce, the slices and the rate of new streams. */
import { describe, expect, it } from 'vitest'
import { TokenBucket } from '../../src/model/token-bucket.ts'
import { Debounce } from '../../src/xds/debounce.ts'
import { Slices } from '../../src/xds/slices.ts'
import { FakeClock } from '../support/fake-clock.ts'

function debouncing() {
  const clock = new FakeClock()
  const runs: number[] = []
  const debounce = new Debounce({
    quietMs: 8,
    maxDelayMs: 500,
    clock,
    run: () => runs.push(clock.monotonic()),
  })
  return { clock, debounce, runs }
}

describe('a publication', () => {
  it('leaves at once when nothing came for a while', async () => {
    const { clock, debounce, runs } = debouncing()
    debounce.request()
    await clock.advance(8)
    debounce.request()
    expect(runs).toEqual([0, 8])
  })

  it('waits for a quiet moment when others came just before', async () => {
    const { clock, debounce, runs } = debouncing()
    for (let at = 0; at <= 20; at += 5) {
      debounce.request()
      await clock.advance(5)
    }
    await clock.advance(100)
    expect(runs).toEqual([0, 28])
  })

  it('never waits longer than the cap, however long the storm', async () => {
    const { clock, debounce, runs } = debouncing()
    for (let at = 0; at <= 1_200; at += 5) {
      debounce.request()
      await clock.advance(5)
    }
    expect(runs).toEqual([0, 505, 1_005])
  })

  it('that waits is dropped on close', async () => {
    const { clock, debounce, runs } = debouncing()
    debounce.request()
    debounce.request()
    debounce.close()
    await clock.advance(1_000)
    expect(runs).toEqual([0])
  })
})

describe('streams that must be told', () => {
  it('are worked in slices, with a turn of the event loop between', async () => {
    let now = 0
    const order: string[] = []
    const slices = new Slices<number>({
      clock: { monotonic: () => now },
      sliceMs: 5,
      work: (item) => {
        now += 2
        order.push(`work ${item}`)
      },
      done: () => order.push('done'),
    })
    slices.add([1, 2, 3, 4, 5])
    order.push('request')
    while (order.at(-1) !== 'done') await new Promise((resolve) => setImmediate(resolve))
    expect(order).toEqual(['work 1', 'work 2', 'work 3', 'request', 'work 4', 'work 5', 'done'])
  })

  it('are worked once, however often they were marked meanwhile', async () => {
    const worked: number[] = []
    const slices = new Slices<number>({
      clock: { monotonic: () => worked.length * 10 },
      sliceMs: 5,
      work: (item) => worked.push(item),
      done: () => {},
    })
    slices.add([1, 2, 3])
    slices.add([2, 3])
    slices.delete(3)
    while (worked.length < 2) await new Promise((resolve) => setImmediate(resolve))
    expect(worked).toEqual([1, 2])
  })

  it('and are none at all: that is done at once', () => {
    let done = 0
    const work = () => {}
    const slices = new Slices<number>({
      clock: { monotonic: () => 0 },
      sliceMs: 5,
      work,
      done: () => {
        done += 1
      },
    })
    slices.add([])
    expect(done).toBe(1)
  })
})

describe('a rate limit', () => {
  it('allows its burst, then its rate, and saves up no more than its burst', async () => {
    const clock = new FakeClock()
    const bucket = new TokenBucket(clock, 2, 3)
    const takeAll = () => Array.from({ length: 5 }, () => bucket.take()).filter(Boolean).length
    const first = takeAll()
    await clock.advance(1_000)
    const second = takeAll()
    await clock.advance(60_000)
    expect([first, second, takeAll()]).toEqual([3, 2, 3])
  })
})
