/** Deltas: what they make, and what they must not be able to do. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { applyDelta, deltaResultSize } from '../../../src/reconciler/git/delta.ts'

const BASE = Buffer.from('the quick brown fox')

it.each<[string, number[], string | undefined]>([
  ['copies a part of the base', [19, 5, 0x91, 4, 5], 'quick'],
  ['copies from the start where no offset is given', [19, 3, 0x90, 3], 'the'],
  ['puts in bytes of its own', [19, 3, 3, 0x61, 0x62, 0x63], 'abc'],
  ['does one after the other', [19, 7, 0x91, 16, 3, 1, 0x2d, 0x90, 3], 'fox-the'],
  ['makes nothing', [19, 0], ''],
  ['is refused for another base', [18, 3, 0x90, 3], undefined],
  ['is refused beyond the end of the base', [19, 5, 0x91, 15, 5], undefined],
  ['is refused far beyond it', [19, 5, 0x9f, 255, 255, 255, 255, 5], undefined],
  ['is refused where it makes less than it says', [19, 4, 0x90, 3], undefined],
  ['is refused where it makes more than it says', [19, 2, 0x90, 3], undefined],
  ['is refused where its own bytes are cut off', [19, 3, 3, 0x61], undefined],
  ['is refused where a copy is cut off', [19, 3, 0x91, 4], undefined],
  ['is refused for the reserved instruction', [19, 3, 0, 0x90, 3], undefined],
  ['is refused where it is empty', [], undefined],
])('%s', (_, delta, result) => {
  expect(applyDelta(Buffer.from(delta), BASE)?.toString()).toBe(result)
})

it('copies 64 KiB where no size is given', () => {
  const base = Buffer.alloc(0x10000 + 5, 'ab')
  const delta = Buffer.from([0x85, 0x80, 0x04, 0x80, 0x80, 0x04, 0x81, 5])
  expect(applyDelta(delta, base)?.equals(base.subarray(5))).toBe(true)
})

it('says how much it makes before it makes it', () => {
  expect(deltaResultSize(Buffer.from([19, 0x80, 0x80, 0x80, 0x80, 0x20]))).toBe(2 ** 33)
  expect(deltaResultSize(Buffer.from([19]))).toBeUndefined()
})

it('makes what it says or nothing, whatever it is given', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(100), (steps, size) => {
      const delta = Buffer.from([BASE.length, size, ...steps])
      const result = applyDelta(delta, BASE)
      expect(result === undefined || result.length === size).toBe(true)
    }),
  )
})
