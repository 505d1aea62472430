/** What a rollback means, for whoever is asked whether it shall be done. */
import type { Instant } from '../../model/clock.ts'
import type { HistoryEntry } from '../../reconciler/repositories/repository-status.ts'
import { printAge } from './print-age.ts'
import { printSpan } from './print-span.ts'
import type { RepositoryView } from './repository-view.ts'
import type { RollbackPlan } from './rollback-plan.ts'

export function printRollback(
  view: RepositoryView,
  { pin, to, from }: RollbackPlan,
  now: Instant,
): string {
  const { name, ref } = view
  const lines = [
    `roll ${name} back`,
    `from  ${printCommit(pin.insteadOf, from, now)}`,
    `to    ${printCommit(pin.commit, to, now)}`,
    `pinned until the next commit on ${ref}${printExpiry(pin.expiresAt, now)}`,
    `the repository is not changed: revert ${pin.insteadOf.slice(0, 12)} there, or the next commit brings it back`,
    ...warnings(view, pin.commit, to),
  ]
  return `${lines.join('\n  ')}\n`
}

function printCommit(sha: string, entry: HistoryEntry | undefined, now: Instant): string {
  const short = sha.slice(0, 12)
  if (entry === undefined)
    return `${short}  not among the last commits, so it is read from the repository`
  const { subject, state, sourcedAt, enforcedAt } = entry
  const when =
    enforcedAt === undefined
      ? `${state}, sourced ${printAge(sourcedAt, now)} ago`
      : `enforced ${printAge(enforcedAt, now)} ago`
  return `${short}  ${subject}  (${when})`
}

function printExpiry(expiresAt: string | undefined, now: Instant): string {
  if (expiresAt === undefined) return ''
  return `, or until ${expiresAt} (${printSpan(Date.parse(expiresAt) - now)})`
}

function warnings(
  { name, isSuspended, pin, status }: RepositoryView,
  commit: string,
  to: HistoryEntry | undefined,
): readonly string[] {
  return [
    ...(commit === status.enforced.commit
      ? [`note: ${commit.slice(0, 12)} is what proxies have already`]
      : []),
    ...(to !== undefined && to.enforcedAt === undefined
      ? [`note: ${to.commit.slice(0, 12)} was never enforced (${to.state})`]
      : []),
    ...(pin === undefined || status.pin?.state === 'Over'
      ? []
      : [`note: ${pin.commit.slice(0, 12)} is pinned already, and gives way`]),
    ...(isSuspended
      ? [`note: ${name} is suspended: the pin takes effect with plumb resume ${name}`]
      : []),
  ]
}
