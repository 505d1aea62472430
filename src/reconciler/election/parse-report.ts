/** Reads the annotation in which a replica reports. Pure. */
import { z } from 'zod'
import { type CommitSha, isCommitSha } from '../../model/commit-sha.ts'
import type { ReplicaReport } from './replica-report.ts'

const count = z.number().int().nonnegative()

const report = z.object({
  proxies: count,
  repositories: z.record(
    z.string(),
    z.object({
      commit: z.string().refine((text): text is CommitSha => isCommitSha(text)),
      state: z.enum(['enforcing', 'enforced', 'rejected', 'superseded']),
      touched: count,
      acked: count,
      nacked: z.array(
        z.object({ proxy: z.string(), type: z.string(), name: z.string(), error: z.string() }),
      ),
      nackedTotal: count,
    }),
  ),
})

/** `undefined` for what is no report: of such a replica nothing is known, so it holds every commit back. */
export function parseReport(text: string | undefined): ReplicaReport | undefined {
  try {
    return report.parse(JSON.parse(text ?? ''))
  } catch {
    return undefined
  }
}
