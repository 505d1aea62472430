/** The loop on a stepped clock: triggers in, passes out. */
import { afterEach, expect, it } from 'vitest'
import { toCommitSha } from '../../src/model/commit-sha.ts'
import { Loop, type LoopOptions, type Pass } from '../../src/reconciler/loop.ts'
import type { ReconcileOutcome } from '../../src/reconciler/reconcile-outcome.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

const SYNCED: ReconcileOutcome = { type: 'synced', commit: toCommitSha('a'.repeat(40)) }
const FAILED: ReconcileOutcome = { type: 'failed', error: new Error('git is down') }

interface Begun extends Pass<string> {
  readonly at: number
  readonly signal: AbortSignal
  end(outcome?: ReconcileOutcome): void
  fail(error: Error): void
}

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** A loop of passes that end at once as `outcome` says, or when the test ends them. */
function aLoop(options: Partial<LoopOptions<string>> & { outcome?: ReconcileOutcome } = {}) {
  const clock = new FakeClock(0)
  const log = new RecordingLogger()
  const abort = new AbortController()
  const passes: Begun[] = []
  const loop = new Loop<string>({
    keys: ['mesh'],
    schedule: () => ({ type: 'every', intervalMs: 30_000 }),
    reconcile: (pass, signal) =>
      new Promise((resolve, reject) => {
        const end = (outcome: ReconcileOutcome = SYNCED): void => resolve(outcome)
        passes.push({ ...pass, at: clock.monotonic(), signal, end, fail: reject })
        if (options.outcome !== undefined) resolve(options.outcome)
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      }),
    clock,
    // 0x7fff: the middle, so that nothing is spread.
    entropy: {
      bytes: (length) => Uint8Array.from({ length }, (_, at) => (at === 0 ? 0x7f : 0xff)),
    },
    log,
    ...options,
  })
  const running = loop.run(abort.signal)
  stops.push(async () => {
    abort.abort()
    await running
  })
  return { clock, log, abort, passes, loop, running }
}

const begun = (passes: readonly Begun[]) =>
  passes.map(({ key, at, reasons }) => [key, at, ...reasons])

it('begins with a pass and goes on by the schedule', async () => {
  const { clock, passes } = aLoop({ outcome: SYNCED })
  await clock.advance(65_000)
  expect(begun(passes)).toEqual([
    ['mesh', 0, 'start'],
    ['mesh', 30_000, 'schedule'],
    ['mesh', 60_000, 'schedule'],
  ])
})

it('runs at once when asked, and the schedule counts from there', async () => {
  const { clock, loop, passes } = aLoop({ outcome: SYNCED })
  await clock.advance(10_000)
  loop.request('mesh', 'SIGHUP')
  await clock.advance(35_000)
  expect(begun(passes).slice(1)).toEqual([
    ['mesh', 10_000, 'schedule', 'SIGHUP'],
    ['mesh', 40_000, 'schedule'],
  ])
})

it('runs once more, and only once, for all that was asked during a pass', async () => {
  const { clock, loop, passes } = aLoop()
  await clock.advance(0)
  for (let push = 0; push < 1_000; push += 1) loop.request('mesh', 'webhook')
  loop.request('mesh', 'drift')
  await clock.advance(5_000)
  expect(passes).toHaveLength(1)
  passes[0]?.end()
  await clock.advance(0)
  expect(begun(passes).slice(1)).toEqual([['mesh', 5_000, 'webhook', 'drift', 'schedule']])
  passes[1]?.end()
  await clock.advance(29_000)
  expect(passes).toHaveLength(2)
})

it('runs one pass of a key at a time, while other keys go on', async () => {
  const { clock, loop, passes } = aLoop({ keys: ['mesh', 'edge'] })
  await clock.advance(0)
  expect(begun(passes)).toEqual([
    ['mesh', 0, 'start'],
    ['edge', 0, 'start'],
  ])
  passes[1]?.end()
  loop.request('mesh', 'webhook')
  loop.request('edge', 'webhook')
  await clock.advance(0)
  expect(begun(passes).slice(2)).toEqual([['edge', 0, 'webhook', 'schedule']])
})

it('backs off while passes fail, returns to the schedule once one does not', async () => {
  const outcomes = [FAILED, FAILED, FAILED, SYNCED]
  const seen: [string, number][] = []
  const { clock } = aLoop({
    reconcile: async () => outcomes.shift() ?? SYNCED,
    ended: (_, outcome, nextInMs) => seen.push([outcome.type, nextInMs]),
  })
  await clock.advance(20_000)
  expect(seen).toEqual([
    ['failed', 750],
    ['failed', 1_500],
    ['failed', 3_000],
    ['synced', 30_000],
  ])
})

it('goes on at once when asked during a back-off', async () => {
  const { clock, loop, passes } = aLoop({
    outcome: FAILED,
    backoff: { firstMs: 60_000, capMs: 60_000 },
  })
  await clock.advance(1_000)
  loop.request('mesh', 'SIGHUP')
  await clock.advance(0)
  expect(begun(passes).slice(1)).toEqual([['mesh', 1_000, 'retry', 'SIGHUP']])
})

it('survives a pass that throws, says so and backs off', async () => {
  const error = new TypeError('undefined is not a function')
  const { clock, log, passes } = aLoop()
  await clock.advance(0)
  passes[0]?.fail(error)
  await clock.advance(750)
  expect(log.lines).toEqual([
    { level: 'error', sentence: 'a pass ended by a bug', fields: { key: 'mesh', error } },
  ])
  expect(begun(passes).slice(1)).toEqual([['mesh', 750, 'retry']])
})

it('survives an observer that throws', async () => {
  const { clock, log, passes } = aLoop({
    outcome: SYNCED,
    ended: () => {
      throw new Error('status page')
    },
  })
  await clock.advance(30_000)
  expect(passes).toHaveLength(2)
  expect(log.sentences).toEqual([
    'error: an observer of passes threw',
    'error: an observer of passes threw',
  ])
})

it('ends at once when it sleeps', async () => {
  const { clock, abort, running } = aLoop({ outcome: SYNCED })
  await clock.advance(1_000)
  abort.abort()
  await running
  expect(clock.sleeping).toBe(0)
})

it('tells the pass under way, ends when that has ended, and begins no other', async () => {
  let finish = (): void => undefined
  const signals: AbortSignal[] = []
  const { clock, abort, loop, log, running } = aLoop({
    reconcile: (_, signal) => {
      signals.push(signal)
      return new Promise((resolve) => {
        finish = () => resolve(SYNCED)
      })
    },
  })
  await clock.advance(0)
  let ended = false
  void running.then(() => {
    ended = true
  })
  loop.request('mesh', 'webhook')
  abort.abort()
  await clock.advance(1_000)
  expect([ended, signals.map((signal) => signal.aborted)]).toEqual([false, [true]])
  finish()
  await running
  expect([signals.length, log.lines.length]).toEqual([1, 0])
})

it('does not call an aborted pass a bug', async () => {
  const { clock, abort, log, running } = aLoop()
  await clock.advance(0)
  abort.abort()
  await running
  expect(log.lines).toEqual([])
})

it('begins nothing when it is aborted before it runs', async () => {
  const { passes, clock } = aLoop()
  expect(passes).toHaveLength(1)
  const loop = new Loop<string>({
    keys: ['mesh'],
    schedule: () => ({ type: 'every', intervalMs: 1_000 }),
    reconcile: () => Promise.reject(new Error('it began')),
    clock,
    entropy: { bytes: (length) => new Uint8Array(length) },
    log: new RecordingLogger(),
  })
  await loop.run(AbortSignal.abort())
})

it('refuses a key that it does not keep', () => {
  const { loop } = aLoop({ outcome: SYNCED })
  expect(() => loop.request('mash', 'webhook')).toThrow('not a key of this loop: mash')
})
