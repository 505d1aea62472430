/** What a rollback would pin, and in place of what. Pure. */
import type { Instant, Ms } from '../../model/clock.ts'
import { isCommitSha } from '../../model/commit-sha.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { HistoryEntry } from '../../reconciler/repositories/repository-status.ts'
import type { PinView, RepositoryView } from './repository-view.ts'

/** A shorter prefix names a commit by chance. */
const SHORTEST_PREFIX = 4

export interface RollbackRequest {
  /** A full SHA, or what a commit of the history begins with. Default: the one that was enforced before the current one. */
  readonly commit: string | undefined
  readonly forMs: Ms | undefined
  readonly reason: string | undefined
  readonly now: Instant
}

export interface RollbackPlan {
  readonly pin: PinView
  /** The commit that is pinned; absent when the history does not reach back to it. */
  readonly to: HistoryEntry | undefined
  /** The commit that the ref names. */
  readonly from: HistoryEntry | undefined
}

/** The error is a sentence that says what can be rolled back to. */
export function planRollback(
  view: RepositoryView,
  { commit, forMs, reason, now }: RollbackRequest,
): Result<RollbackPlan, string> {
  const tip = view.status.sourced.commit
  if (tip === undefined)
    return err(`${view.name} has not read a commit yet, so there is nothing to roll back`)
  const target = commit === undefined ? lastEnforced(view, tip) : named(view, commit.toLowerCase())
  if (!target.ok) return target
  if (target.value === tip)
    return err(
      `${tip.slice(0, 12)} is what ${view.ref} names${view.pin === undefined ? ', and needs no pin' : `; take the pin away with plumb rollback ${view.name} --cancel`}`,
    )
  const entry = (sha: string) => view.status.history.find((one) => one.commit === sha)
  return ok({
    pin: {
      ...{ commit: target.value, insteadOf: tip },
      ...(reason !== undefined && { reason }),
      ...(forMs !== undefined && { expiresAt: new Date(now + forMs).toISOString() }),
    },
    to: entry(target.value),
    from: entry(tip),
  })
}

function lastEnforced(view: RepositoryView, tip: string): Result<string, string> {
  const { history, commit: current } = view.status
  const before = history.find(
    ({ commit, enforcedAt }) => enforcedAt !== undefined && commit !== current && commit !== tip,
  )
  if (before !== undefined) return ok(before.commit)
  return err(
    `no other commit in the history of ${view.name} was ever enforced; name the one to go back to: plumb rollback ${view.name} COMMIT`,
  )
}

function named({ name, status }: RepositoryView, wanted: string): Result<string, string> {
  if (isCommitSha(wanted)) return ok(wanted)
  const { history } = status
  const commits = new Set(history.map(({ commit }) => commit))
  const meant = [...commits].filter((commit) => commit.startsWith(wanted))
  const [only] = meant
  const isUsable = /^[0-9a-f]+$/.test(wanted) && wanted.length >= SHORTEST_PREFIX
  if (isUsable && meant.length === 1 && only !== undefined) return ok(only)
  return err(
    `${JSON.stringify(wanted)} ${whyNot(isUsable, meant.length, name)}; write all 40 digits of the commit${choices(history)}`,
  )
}

function whyNot(isUsable: boolean, found: number, name: string): string {
  if (!isUsable)
    return `is no commit, nor the beginning of one (${SHORTEST_PREFIX} hexadecimal digits or more)`
  return `begins ${found === 0 ? 'no commit' : `${found} commits`} in the history of ${name}`
}

function choices(history: readonly HistoryEntry[]): string {
  const lines = history.map(({ commit, subject }) => `\n  ${commit.slice(0, 12)}  ${subject}`)
  return lines.length === 0 ? '' : `, or choose one of these:${lines.join('')}`
}
