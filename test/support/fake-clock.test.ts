/** The stepped clock itself: every virtual-time test leans on these. */
import { expect, it } from 'vitest'
import { FakeClock } from './fake-clock.ts'

it('wakes sleepers in the order they are due, each at its own moment', async () => {
  const clock = new FakeClock(1_000)
  const woken: string[] = []
  const sleeper = async (name: string, span: number): Promise<void> => {
    await clock.sleep(span)
    woken.push(`${name}@${clock.now()}/${clock.monotonic()}`)
  }
  const all = Promise.all([sleeper('late', 30), sleeper('early', 10), sleeper('middle', 20)])
  await clock.advance(25)
  expect(woken).toEqual(['early@1010/10', 'middle@1020/20'])
  expect(clock.sleeping).toBe(1)
  await clock.advance(5)
  await all
  expect(woken.at(-1)).toBe('late@1030/30')
})

it('sees a sleep that starts while it advances', async () => {
  const clock = new FakeClock(0)
  let ticks = 0
  const ticking = (async () => {
    while (ticks < 3) {
      await clock.sleep(10)
      ticks += 1
    }
  })()
  await clock.advance(29)
  expect(ticks).toBe(2)
  await clock.advance(1)
  await ticking
})

it('ends a sleep at once when its signal aborts', async () => {
  const clock = new FakeClock()
  const abort = new AbortController()
  const asleep = clock.sleep(1_000_000, abort.signal)
  abort.abort()
  await asleep
  await clock.sleep(1_000_000, abort.signal)
  expect(clock.sleeping).toBe(0)
})

it('jumps the wall clock without moving spans', () => {
  const clock = new FakeClock(0)
  clock.jumpWall(-5_000)
  expect([clock.now(), clock.monotonic()]).toEqual([-5_000, 0])
})
