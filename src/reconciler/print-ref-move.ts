/** Says what a person should know about how a ref moved; most moves are nothing to talk of. */
import type { CommitRecord } from './commit-record.ts'

/** One sentence for a move that is no fast-forward, or cannot be shown to be one; `undefined` for all others. */
export function printRefMove(
  record: Pick<CommitRecord, 'commit' | 'relation' | 'before' | 'insteadOf'>,
): string | undefined {
  const { commit, relation = 'first', before, insteadOf } = record
  // Somebody meant it, and said so.
  if (insteadOf !== undefined) return `${commit} is pinned in place of ${insteadOf}`
  switch (relation) {
    case 'behind':
      return `the ref went back: ${commit} is older than ${before}, which was accepted before; if nobody meant that, look who may push by force, and push the newer commit again`
    case 'rewritten':
      return `the history was rewritten: ${commit} does not follow ${before}, which was accepted before; if nobody meant that, look who may push by force`
    case 'unknown':
      return `whether ${commit} follows ${before}, which was accepted before, is not known: the history between them was not fetched`
    case 'first':
    case 'same':
    case 'descendant':
      return undefined
  }
}
