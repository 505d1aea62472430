/** The identity of a commit: 40 (SHA-1) or 64 (SHA-256) lowercase hexadecimal digits. */
declare const commitSha: unique symbol
export type CommitSha = string & { readonly [commitSha]: true }

export function isCommitSha(text: string): text is CommitSha {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}

/** Throws on anything but a full object name: callers hold what git printed, so a mismatch is a bug. */
export function toCommitSha(text: string): CommitSha {
  if (!isCommitSha(text)) throw new TypeError(`not a commit SHA: ${JSON.stringify(text)}`)
  return text
}
