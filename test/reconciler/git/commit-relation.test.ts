/** Fast-forward, rewrite or a way back, as far as the history at hand proves it. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type CommitSha, toCommitSha } from '../../../src/model/commit-sha.ts'
import { commitRelation } from '../../../src/reconciler/git/commit-relation.ts'
import type { CommitRelation } from '../../../src/reconciler/git-source.ts'

const sha = (name: string): CommitSha =>
  toCommitSha(Buffer.from(name).toString('hex').padEnd(40, '0'))

/** `{ c: 'ab' }`: c has the parents a and b. What is only named as a parent is not at hand. */
function relate(
  history: Readonly<Record<string, string>>,
  from: string,
  to: string,
): Promise<CommitRelation> {
  const parents = new Map(
    Object.entries(history).map(([name, of]) => [sha(name), [...of].map(sha)]),
  )
  return commitRelation({ from: sha(from), to: sha(to) }, async (commit) => parents.get(commit))
}

it.each<[string, Record<string, string>, string, string, CommitRelation]>([
  ['the same commit', { a: '' }, 'a', 'a', 'same'],
  ['the next commit', { a: '', b: 'a' }, 'a', 'b', 'descendant'],
  ['many commits on', { a: '', b: 'a', c: 'b', d: 'c' }, 'a', 'd', 'descendant'],
  ['a merge that brings it in', { a: '', b: 'a', c: 'a', d: 'cb' }, 'b', 'd', 'descendant'],
  ['the next commit, where nothing older was fetched', { b: 'a', c: 'b' }, 'b', 'c', 'descendant'],
  ['the next commit, where not even it was fetched', { b: 'a' }, 'a', 'b', 'descendant'],
  ['an amended commit', { a: '', b: 'a', c: 'a' }, 'b', 'c', 'rewritten'],
  ['an older commit', { a: '', b: 'a' }, 'b', 'a', 'behind'],
  ['an older commit, where nothing older was fetched', { b: 'a', c: 'b' }, 'c', 'b', 'behind'],
  ['an older commit that was not fetched, but named', { b: 'a', c: 'b' }, 'c', 'a', 'behind'],
  ['a side that was merged', { a: '', b: 'a', c: 'a', d: 'cb' }, 'd', 'b', 'behind'],
  ['an older commit, too old to be known as one', { a: '', c: 'b' }, 'c', 'a', 'rewritten'],
  ['another history', { a: '', b: 'a', x: '', y: 'x' }, 'b', 'y', 'rewritten'],
  ['an amended commit, above the same boundary', { b: 'a', c: 'b', d: 'b' }, 'c', 'd', 'rewritten'],
  ['a commit whose history was not fetched', { b: 'a', z: 'y' }, 'b', 'z', 'unknown'],
  ['a merge, one side of which was not fetched', { a: '', b: 'a', d: 'ay' }, 'b', 'd', 'unknown'],
  ['a commit, where the one before is not at hand at all', { z: 'y' }, 'b', 'z', 'unknown'],
])('calls %s what it is', async (_, history, from, to, relation) => {
  expect(await relate(history, from, to)).toBe(relation)
})

it('gives up on a history that is too long to walk for a message', async () => {
  const commit = (at: number): CommitSha => toCommitSha(at.toString(16).padStart(40, '0'))
  let asked = 0
  const relation = await commitRelation(
    { from: commit(500_000), to: commit(1_000_000) },
    async (at) => {
      asked += 1
      return [commit(Number.parseInt(at, 16) - 1)]
    },
  )
  expect(relation).toBe('unknown')
  expect(asked).toBeLessThan(10_000)
})

it('never claims what a longer history would deny', async () => {
  // Commit n may have any earlier ones as parents; then some of the oldest are taken away.
  const histories = fc.array(fc.uniqueArray(fc.nat(9), { maxLength: 2 }), {
    minLength: 2,
    maxLength: 10,
  })
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(9), fc.nat(9), fc.nat(9), async (shape, a, b, cut) => {
      const commit = (at: number): CommitSha => toCommitSha(`${at}`.padStart(40, '0'))
      const parents = shape.map((of, at) => of.filter((parent) => parent < at).map(commit))
      const [from, to] = [a % shape.length, b % shape.length]
      const ask = (oldest: number) =>
        commitRelation({ from: commit(from), to: commit(to) }, async (at) =>
          Number(at) < oldest ? undefined : parents[Number(at)],
        )
      const whole = await ask(0)
      const shallow = await ask(cut)
      // A way back is a rewrite, too, and that may be all that can be proven.
      const truths = whole === 'behind' ? [whole, 'rewritten', 'unknown'] : [whole, 'unknown']
      expect(truths).toContain(shallow)
      expect(whole).not.toBe('unknown')
    }),
  )
})
