/** How a status writes commits, moments, counts and places. Everything is bounded: a status is one object in etcd. */
import type { Instant } from '../../model/clock.ts'
import type { SourceLocation } from '../../model/source-location.ts'

/** Seven digits, as git abbreviates. */
export function shortSha(commit: string): string {
  return commit.slice(0, 7)
}

export function toTimestamp(moment: Instant): string {
  return new Date(moment).toISOString()
}

export function printPlace({ file, line, column }: SourceLocation): string {
  return cutText(`${file}:${line}:${column}`, 200)
}

/** One line of at most so many UTF-16 units. What comes from outside is printed on terminals, so it may not steer them. */
export function cutText(text: string, limit: number): string {
  // A proxy's words and a commit's problems may be megabytes, and only their beginning is looked at.
  const head = text.slice(0, 4 * limit)
  const line = head.replaceAll(/[\s\p{Cc}\p{Bidi_Control}]+/gu, ' ').trim()
  return line.length > limit || head.length < text.length
    ? `${line.slice(0, limit - 3).toWellFormed()}...`
    : line
}
