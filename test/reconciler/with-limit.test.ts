/** Bounded concurrency that leaves nothing running. */
import { expect, it } from 'vitest'
import { withLimit } from '../../src/reconciler/with-limit.ts'

it('answers in the order of the items, never running more at once than it may', async () => {
  let [running, most] = [0, 0]
  const results = await withLimit([5, 1, 4, 2, 3], 2, async (item) => {
    running += 1
    most = Math.max(most, running)
    for (let i = 0; i < item; i++) await Promise.resolve()
    running -= 1
    return item * 10
  })
  expect(results).toEqual([50, 10, 40, 20, 30])
  expect(most).toBe(2)
})

it('starts nothing more once one throws, and throws when the rest has ended', async () => {
  const [started, ended] = [[] as number[], [] as number[]]
  const run = withLimit([1, 2, 3, 4], 2, async (item) => {
    started.push(item)
    if (item === 1) throw new Error('one')
    await new Promise((resolve) => setImmediate(resolve))
    ended.push(item)
  })
  await expect(run).rejects.toThrow('one')
  expect([started, ended]).toEqual([[1, 2], [2]])
})
