/** What a configuration may follow: a branch, a tag, a full ref name, HEAD or a commit. */
import { type CommitSha, isCommitSha } from '../../model/commit-sha.ts'
import { err, ok, type Result } from '../../model/result.ts'

export type RefName =
  | { readonly type: 'commit'; readonly commit: CommitSha }
  /** Full names to try in turn, as `refs/heads/main` before `refs/tags/main`: a tag never shadows the branch. */
  | { readonly type: 'name'; readonly candidates: readonly [string, ...string[]] }

/** The error says what is wrong with the name (git-check-ref-format(1)). */
export function parseRefName(text: string): Result<RefName, string> {
  if (isCommitSha(text)) return ok({ type: 'commit', commit: text })
  const fault = faultOf(text)
  if (fault !== undefined)
    return err(
      `${JSON.stringify(text)} cannot be a ref: ${fault}; write a branch, a tag, a full name such as refs/heads/main, or all 40 digits of a commit`,
    )
  if (text === 'HEAD' || text.startsWith('refs/')) return ok({ type: 'name', candidates: [text] })
  return ok({ type: 'name', candidates: [`refs/heads/${text}`, `refs/tags/${text}`] })
}

const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'it is empty'],
  [/^-/, 'it begins with -'],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the check is for
  [/[\u0000-\u0020\u007f]/, 'it has a space or a control character'],
  [/\.\./, 'it has ..'],
  [/@\{/, 'it has @{'],
  [/[~^:?*[\\]/, 'it has one of ~ ^ : ? * [ \\'],
  [/^\/|\/$|\/\//, 'it has an empty part between slashes'],
  [/(?:^|\/)\./, 'a part of it begins with a dot'],
  [/\.lock(?:\/|$)/, 'a part of it ends with .lock'],
  [/\.$/, 'it ends with a dot'],
  [/^@$/, 'it is @'],
]

function faultOf(text: string): string | undefined {
  return FAULTS.find(([pattern]) => pattern.test(text))?.[1]
}
