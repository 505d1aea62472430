/** Tells a fast-forward from a rewrite when only a part of the history is at hand. */
import type { CommitSha } from '../../model/commit-sha.ts'
import type { CommitRelation } from '../git-source.ts'

/** The parents of a commit, or `undefined` when the commit was not fetched. */
export type ParentsOf = (commit: CommitSha) => Promise<readonly CommitSha[] | undefined>

/** Beyond so many commits the answer is `unknown`: it informs people and is not worth a walk of a long history. */
const MAX_COMMITS = 2_000

/** Promises `descendant`, `behind` and `rewritten` only where the commits at hand prove it. */
export async function commitRelation(
  move: { readonly from: CommitSha; readonly to: CommitSha },
  parentsOf: ParentsOf,
): Promise<CommitRelation> {
  if (move.from === move.to) return 'same'
  const after = await walk(move.to, parentsOf, move.from)
  if (after.seen.has(move.from)) return 'descendant'
  const before = await walk(move.from, parentsOf, move.to)
  if (before.seen.has(move.to)) return 'behind'
  if (after.missing.size === 0 && !after.cut) return 'rewritten'
  // `from` cannot be reached through one of its own ancestors, so a boundary that both share proves nothing is hidden.
  const hidden = [...after.missing].some((commit) => !before.missing.has(commit))
  return hidden || after.cut || before.cut ? 'unknown' : 'rewritten'
}

interface Walk {
  readonly seen: ReadonlySet<CommitSha>
  /** Named as a parent, but not at hand. */
  readonly missing: ReadonlySet<CommitSha>
  readonly cut: boolean
}

async function walk(start: CommitSha, parentsOf: ParentsOf, goal?: CommitSha): Promise<Walk> {
  const seen = new Set<CommitSha>([start])
  const missing = new Set<CommitSha>()
  // A Set iterates over what is added meanwhile: this is breadth first.
  for (const commit of seen) {
    if (commit === goal || seen.size > MAX_COMMITS) break
    const parents = await parentsOf(commit)
    if (parents === undefined) missing.add(commit)
    for (const parent of parents ?? []) seen.add(parent)
  }
  return { seen, missing, cut: seen.size > MAX_COMMITS }
}
