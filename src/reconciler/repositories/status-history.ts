/** The last commits of a repository, kept across restarts by what the status said before. Pure. */
import type { CommitRecord } from '../commit-record.ts'
import { isSettled } from '../commit-record.ts'
import type { HistoryEntry } from './repository-status.ts'
import { cutText, toTimestamp } from './status-text.ts'

const KEPT = 10

/** Newest first. `records` are oldest first. */
export function statusHistory(
  records: readonly CommitRecord[],
  previous: readonly HistoryEntry[],
): readonly HistoryEntry[] {
  const newest = records.at(-1)?.commit
  // A commit that comes back after another is news; one that is still the newest was only read again, by a restart.
  const isComeback = newest !== previous[0]?.commit
  const stored = new Map(
    previous
      .filter(({ commit }) => !isComeback || commit !== newest)
      .map((one) => [one.commit, one]),
  )
  const current = records.toReversed().map((record) => toEntry(record, stored.get(record.commit)))
  const known = new Set(current.map(({ commit }) => commit))
  const earlier = previous.filter(({ commit }) => !known.has(commit))
  const before = current.length === 0 ? earlier : earlier.map(toSuperseded)
  return [...current, ...before].slice(0, KEPT)
}

function toEntry(record: CommitRecord, stored: HistoryEntry | undefined): HistoryEntry {
  const { commit, subject, author, state, enforcedAt } = record
  const enforced = stored?.enforcedAt ?? (enforcedAt && toTimestamp(enforcedAt))
  return {
    ...{ commit, subject: cutText(subject, 120), author: cutText(author, 100), state },
    sourcedAt: stored?.sourcedAt ?? toTimestamp(record.sourcedAt),
    ...(enforced !== undefined && { enforcedAt: enforced }),
  }
}

/** Nobody follows the commits of an earlier process, so one that was under way has been left behind. */
function toSuperseded(entry: HistoryEntry): HistoryEntry {
  return isSettled(entry) ? entry : { ...entry, state: 'superseded' }
}
