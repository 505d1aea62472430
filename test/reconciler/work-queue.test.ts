/** Merging by key. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { WorkQueue } from '../../src/reconciler/work-queue.ts'

it('merges equal keys, keeps the earliest moment and every reason once', () => {
  const queue = new WorkQueue<string>()
  queue.add('mesh', 30, 'schedule')
  queue.add('mesh', 10, 'webhook')
  queue.add('mesh', 20, 'webhook')
  expect(queue.take(9)).toBeUndefined()
  expect(queue.take(10)).toEqual({ key: 'mesh', at: 10, reasons: ['schedule', 'webhook'] })
  queue.ended('mesh')
  expect(queue.take(1_000)).toBeUndefined()
})

it('keeps a key that runs until it has ended, and other keys go on', () => {
  const queue = new WorkQueue<string>()
  queue.add('a', 0, 'start')
  queue.take(0)
  queue.add('a', 1, 'webhook')
  queue.add('b', 2, 'start')
  expect(queue.nextAt()).toBe(2)
  expect(queue.take(5)?.key).toBe('b')
  expect([queue.nextAt(), queue.take(5)]).toEqual([undefined, undefined])
  queue.ended('a')
  expect(queue.take(5)).toEqual({ key: 'a', at: 1, reasons: ['webhook'] })
})

it('loses no request and runs no key twice at a time, whatever the order', () => {
  const keys = fc.constantFrom('a', 'b', 'c')
  const step = fc.oneof(
    fc.record({ type: fc.constant('add' as const), key: keys, at: fc.nat(20) }),
    fc.record({ type: fc.constant('take' as const), now: fc.nat(20) }),
    fc.record({ type: fc.constant('ended' as const), key: keys }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new WorkQueue<string>()
      const owed = new Map<string, number>()
      const running = new Set<string>()
      for (const next of steps) {
        if (next.type === 'add') {
          queue.add(next.key, next.at, 'x')
          owed.set(next.key, Math.min(next.at, owed.get(next.key) ?? next.at))
        } else if (next.type === 'ended') {
          queue.ended(next.key)
          running.delete(next.key)
        } else {
          const due = [...owed].filter(([key, at]) => at <= next.now && !running.has(key))
          const taken = queue.take(next.now)
          expect(taken === undefined).toBe(due.length === 0)
          if (taken === undefined) continue
          expect(taken.at).toBe(owed.get(taken.key))
          expect(running.has(taken.key)).toBe(false)
          running.add(taken.key)
          owed.delete(taken.key)
        }
      }
    }),
  )
})
