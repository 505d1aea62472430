/** The lane bounds how many run at once, keeps their order, and lets the event loop breathe. */
import { describe, expect, it } from 'vitest'
import { IssueLane } from '../../src/ca/issue-lane.ts'

describe('the issue lane', () => {
  it('runs at most as many at once as it is wide, in the order they came', async () => {
    const lane = new IssueLane(3)
    const started: number[] = []
    let running = 0
    let most = 0
    const turns = Array.from({ length: 10 }, (_, index) =>
      lane.run(async () => {
        started.push(index)
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        return index
      }),
    )
    expect(await Promise.all(turns)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(most).toBe(3)
  })

  it('goes on after a failure', async () => {
    const lane = new IssueLane(1)
    const failed = lane.run(() => Promise.reject(new Error('no')))
    const next = lane.run(() => Promise.resolve('yes'))
    await expect(failed).rejects.toThrow('no')
    expect(await next).toBe('yes')
  })

  it('lets other work in every sixteen turns, also when no turn ever waits', async () => {
    const lane = new IssueLane(4)
    let turns = 0
    const all = Promise.all(
      Array.from({ length: 100 }, () => lane.run(() => Promise.resolve(turns++))),
    )
    const seen: number[] = []
    while (turns < 100) {
      await new Promise((resolve) => setImmediate(resolve))
      seen.push(turns)
    }
    await all
    const steps = seen.map((count, index) => count - (seen[index - 1] ?? 0))
    expect(Math.max(...steps)).toBeLessThanOrEqual(16)
  })
})
