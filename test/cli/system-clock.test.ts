/** The machine's clock, as far as it can be asked without waiting. */
import { expect, it, vi } from 'vitest'
import { SystemClock } from '../../src/cli/system-clock.ts'

it('ends a sleep at once when the signal aborts, and leaves no timer behind', async () => {
  const abort = new AbortController()
  const timers = vi.spyOn(globalThis, 'clearTimeout')
  const asleep = new SystemClock().sleep(3_600_000, abort.signal)
  abort.abort()
  await asleep
  expect(timers).toHaveBeenCalledOnce()
  timers.mockRestore()
})

it('does not sleep at all for a signal that aborted, or for no time', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  await new SystemClock().sleep(3_600_000, AbortSignal.abort())
  await new SystemClock().sleep(0)
  await new SystemClock().sleep(-1)
  expect(timers).not.toHaveBeenCalled()
  timers.mockRestore()
})

it.each([2 ** 31, 1e15, Number.POSITIVE_INFINITY])(
  'sleeps for %d ms, which is more than a timer holds, without waking at once',
  async (span) => {
    const abort = new AbortController()
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const asleep = new SystemClock().sleep(span, abort.signal)
    expect(timers.mock.calls.map(([, delay]) => delay)).toEqual([2 ** 31 - 1])
    abort.abort()
    await asleep
    timers.mockRestore()
  },
)

it('measures spans by a clock that never runs backwards', () => {
  const clock = new SystemClock()
  const readings = Array.from({ length: 1_000 }, () => clock.monotonic())
  expect([...readings].sort((a, b) => a - b)).toEqual(readings)
})
