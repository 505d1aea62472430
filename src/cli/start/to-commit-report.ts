import type { Ms } from '../../model/clock.ts'
import type { Problem } from '../../model/problem.ts'
import type { CommitRecord } from '../../reconciler/commit-record.ts'
import type { CommitReport } from './report.ts'

/** `elapsedMs`: from the commit to the last ACK as seen from outside; else what the control plane measured. */
export function toCommitReport(record: CommitRecord, elapsedMs: Ms | undefined): CommitReport {
  const { commit, subject, state } = record
  const enforcedAfterMs = elapsedMs ?? record.enforcedAfterMs
  return {
    commit,
    subject,
    state,
    proxiesTouched: record.touched,
    proxiesAcked: record.acked,
    ...(state === 'enforced' && enforcedAfterMs !== undefined && { enforcedAfterMs }),
    access: record.access ?? [],
    plan: record.planLines ?? [],
    problems: [
      ...record.problems.filter(({ severity }) => severity === 'error').flatMap(printProblem),
      ...(record.reason === undefined || record.problems.length > 0 ? [] : [record.reason]),
    ],
  }
}

function printProblem({ code, location, message, fix }: Problem): readonly string[] {
  const { file, line, column } = location
  return [`${file}:${line}:${column}  ${code}  ${message}`, `  ${fix}`]
}
