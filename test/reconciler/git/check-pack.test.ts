/** What a pack from a server must survive before it is kept. */
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPack } from '../../../src/reconciler/git/check-pack.ts'
import { GitRepository } from '../../support/git-repository.ts'
import { delta, entry, OFFSET_DELTA, pack, REF_DELTA, sealed } from '../../support/pack-builder.ts'

const LIMITS = { maxObjectBytes: 1_000, maxUnfoldedBytes: 10_000 }

const zeros = (bytes: number): Buffer => Buffer.alloc(bytes)
const damaged = (reason: string) => ({ ok: false, error: { type: 'damaged', reason } })
const tooLarge = (reason: string) => ({ ok: false, error: { type: 'tooLarge', reason } })
const GOOD = { ok: true, value: undefined }

it('accepts what git packs, deltas and all', async () => {
  const repository = new GitRepository()
  try {
    const text = 'line\n'.repeat(500)
    for (const at of [1, 2, 3]) repository.commit({ 'a.yaml': `${text}${at}` }, `change ${at}`)
    const options = { cwd: repository.work, input: 'HEAD\n' }
    const bytes = execFileSync('git', ['pack-objects', '--revs', '--stdout', '-q'], options)
    expect(await checkPack(bytes, { maxObjectBytes: 10_000, maxUnfoldedBytes: 100_000 })).toEqual(
      GOOD,
    )
  } finally {
    repository.remove()
  }
})

describe('a pack that is damaged', () => {
  const good = pack([entry(Buffer.from('one')), entry(Buffer.from('two'))])

  it.each([
    ['nothing at all', Buffer.alloc(0), 'is not a pack'],
    ['no pack', sealed(Buffer.from('KCAP........')), 'is not a pack'],
    ['another version', pack([], { version: 3 }), 'has version 3, not 2'],
    [
      'fewer objects than it says',
      pack([entry(zeros(1))], { count: 2 }),
      'has no object at byte 22',
    ],
    [
      'more than it says',
      pack([entry(zeros(1)), entry(zeros(1))], { count: 1 }),
      'has bytes after its last object',
    ],
    [
      'an object of no known type',
      pack([entry(zeros(1), { type: 5 })]),
      'has no object at byte 12',
    ],
    [
      'an object larger than it says',
      pack([entry(zeros(9), { size: 8 })]),
      'has a damaged object at byte 12',
    ],
    [
      'an object smaller than it says',
      pack([entry(zeros(9), { size: 10 })]),
      'has a damaged object at byte 12',
    ],
    [
      'a stream cut short',
      pack([entry(zeros(999)).subarray(0, 8)]),
      'has a damaged object at byte 12',
    ],
    [
      'a delta without a size',
      pack([entry(Buffer.of(0x80), { type: REF_DELTA, base: Array(20).fill(1) })]),
      'has a damaged delta at byte 12',
    ],
    [
      'a delta on itself',
      pack([entry(delta(10), { type: OFFSET_DELTA, base: [0] })]),
      'has no object at byte 12',
    ],
  ])('is refused: %s', async (_, bytes, reason) => {
    expect(await checkPack(bytes, LIMITS)).toEqual(damaged(reason))
  })

  it('is refused wherever it was cut off', async () => {
    expect(await checkPack(good, LIMITS)).toEqual(GOOD)
    for (let length = 0; length < good.length; length += 1)
      expect((await checkPack(good.subarray(0, length), LIMITS)).ok).toBe(false)
  })

  it('is refused whichever bit is wrong', async () => {
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const wrong = Buffer.from(good)
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect((await checkPack(wrong, LIMITS)).ok).toBe(false)
    }
  })

  it('is refused, not thrown over, whatever it holds', async () => {
    const body = fc.uint8Array({ maxLength: 80 })
    await fc.assert(
      fc.asyncProperty(body, fc.nat(3), async (bytes, count) => {
        const result = await checkPack(pack([Buffer.from(bytes)], { count }), LIMITS)
        expect(result.ok).toBe(count === 0 && bytes.length === 0)
      }),
    )
  })
})

describe('a pack that unfolds to too much', () => {
  it.each([
    [
      'an object that says so',
      [entry(zeros(1_001))],
      'holds an object of 1001 bytes; the limit is 1000',
    ],
    [
      'an object beyond 32 bits',
      [entry(zeros(1), { size: 2 ** 40 })],
      `holds an object of ${2 ** 40} bytes; the limit is 1000`,
    ],
    [
      'a small delta that makes a large object',
      [entry(zeros(10)), entry(delta(2 ** 33), { type: OFFSET_DELTA, base: [20] })],
      `holds an object of ${2 ** 33} bytes; the limit is 1000`,
    ],
    [
      'many objects together',
      Array.from({ length: 11 }, () => entry(zeros(1_000))),
      'unfolds to more than 10000 bytes',
    ],
  ])('is refused: %s', async (_, entries, reason) => {
    expect(await checkPack(pack(entries), LIMITS)).toEqual(tooLarge(reason))
  })

  it('is not unfolded where it lies about its size', async () => {
    const bomb = entry(zeros(100 * 2 ** 20), { size: 10 })
    const before = process.memoryUsage().rss
    expect(await checkPack(pack([bomb]), LIMITS)).toEqual(
      damaged('has a damaged object at byte 12'),
    )
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 2 ** 20)
  })

  it('is accepted at the limit', async () => {
    const entries = Array.from({ length: 10 }, () => entry(zeros(1_000)))
    expect(await checkPack(pack(entries), LIMITS)).toEqual(GOOD)
  })
})
