/** Writers see the newest state, readers the durable one, and a failed batch leaves no trace. */
import { expect, it } from 'vitest'
import { CommitQueue } from '../../../src/reconciler/embedded/commit-queue.ts'
import { ObjectStore } from '../../../src/reconciler/embedded/object-store.ts'
import type { Transaction } from '../../../src/reconciler/embedded/transaction-log.ts'
import { aConfigMap, idOf } from '../../support/cluster-objects.ts'

const A = aConfigMap('a', { v: '1' })

function aQueue() {
  const batches: (readonly Transaction[])[] = []
  const seen: number[] = []
  const disk = { fails: false }
  const committed = new ObjectStore()
  const log = {
    append: async (batch: readonly Transaction[]) => {
      await Promise.resolve()
      if (disk.fails) throw new Error('disk full')
      batches.push(batch)
    },
  }
  const onCommit = ({ version }: Transaction) => seen.push(version)
  return {
    queue: new CommitQueue({ log, committed, version: 0, onCommit }),
    batches,
    seen,
    disk,
    committed,
  }
}

const put =
  (object = A) =>
  () =>
    [{ type: 'put', object }] as const

it('shows a write to later writers at once, and to readers once it is durable', async () => {
  const { queue, committed } = aQueue()
  const done = queue.commit(put())
  expect(queue.latest(idOf(A)).object).toBe(A)
  expect(committed.get(idOf(A))).toBeUndefined()
  expect(queue.committedVersion).toBe(0)
  await done
  expect(committed.get(idOf(A))).toBe(A)
  expect(queue.committedVersion).toBe(1)
})

it('syncs a thousand writes of one moment once', async () => {
  const { queue, batches, seen } = aQueue()
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => queue.commit(put(aConfigMap(`m${i}`)))))
  expect(batches.map((batch) => batch.length)).toEqual([1_000])
  expect(seen).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 1))
})

it('fails every write that was decided on top of a failed one, and goes on from the old state', async () => {
  const { queue, disk, committed, seen } = aQueue()
  await queue.commit(put())
  disk.fails = true
  const b = aConfigMap('a', { v: '2' })
  const outcomes = await Promise.allSettled([
    queue.commit(put(b)),
    queue.commit(put(aConfigMap('c'))),
  ])
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected'])
  expect(queue.latest(idOf(A)).object).toBe(A)
  disk.fails = false
  await queue.commit(put(aConfigMap('d')))
  expect([...committed.all()].map((object) => object.metadata.name)).toEqual(['a', 'd'])
  // Versions are never given out twice.
  expect(seen).toEqual([1, 4])
})

it('knows everything there will be, removals included, before it is durable', async () => {
  const { queue } = aQueue()
  await queue.commit(put())
  const b = aConfigMap('b')
  const done = [queue.commit(put(b)), queue.commit(() => [{ type: 'remove', object: A }])]
  expect([...queue.latestObjects()]).toEqual([b])
  expect(queue.latest(idOf(A)).object).toBeUndefined()
  await Promise.all(done)
  expect([...queue.latestObjects()]).toEqual([b])
})
