/** One git commit object, decoded as far as the reconciler reads it. */
import { type CommitSha, isCommitSha } from '../../model/commit-sha.ts'
import { err, ok, type Result } from '../../model/result.ts'

export interface CommitObject {
  readonly tree: string
  readonly parents: readonly CommitSha[]
  /** `Name <address>`, without the time. */
  readonly author: string
  readonly message: string
}

/** The error says which header is missing. */
export function parseCommit(bytes: Uint8Array): Result<CommitObject, string> {
  const text = Buffer.from(bytes).toString('utf8')
  const split = text.indexOf('\n\n')
  const headers = (split < 0 ? text : text.slice(0, split)).split('\n')
  const all = (name: string): string[] =>
    headers.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1))
  const [tree] = all('tree')
  const parents = all('parent')
  if (tree === undefined || !isCommitSha(tree)) return err('it has no tree')
  if (!parents.every(isCommitSha)) return err('one of its parents is not an object name')
  const author = (all('author')[0] ?? '').replace(/ -?\d+ [+-]\d{4}$/, '')
  return ok({ tree, parents, author, message: split < 0 ? '' : text.slice(split + 2) })
}

/** The object that an annotated tag names, or `undefined` when the bytes are no tag. */
export function taggedObject(bytes: Uint8Array): string | undefined {
  const oid = /^object ([0-9a-f]{40})\n/.exec(Buffer.from(bytes).toString('latin1', 0, 64))?.[1]
  return oid
}
