/** A replica's report as the text of an annotation: canonical, and never larger than an annotation may be. Pure. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { canonicalJson } from '../../model/canonical-json.ts'
import type { ReplicaReport, RepositoryReport } from './replica-report.ts'

/** Kubernetes takes 256 KiB of annotations an object; others may annotate the Lease, too. */
const MAX_BYTES = 200 * 1024

/** How much is said of rejected resources: the most that fits. How many there are is always said. */
const DETAILS = [
  { nacked: 10, characters: 1024 },
  { nacked: 10, characters: 200 },
  { nacked: 1, characters: 200 },
  { nacked: 0, characters: 0 },
] as const

type Detail = (typeof DETAILS)[number]

export interface PrintedReport {
  readonly text: string
  /** Repositories that found no room, which is above some 1,400: none of their commits will count as enforced. */
  readonly omitted: number
}

export function printReport(report: ReplicaReport): PrintedReport {
  for (const detail of DETAILS) {
    const text = print(report, detail)
    if (Buffer.byteLength(text) <= MAX_BYTES) return { text, omitted: 0 }
  }
  return printWhatFits(report)
}

function print(report: ReplicaReport, detail: Detail): string {
  const repositories = Object.entries(report.repositories).map(
    ([name, said]) => [name, cut(said, detail)] as const,
  )
  return canonicalJson({ proxies: report.proxies, repositories: Object.fromEntries(repositories) })
}

function cut(report: RepositoryReport, { nacked, characters }: Detail): RepositoryReport {
  const named = report.nacked.slice(0, nacked).map((one) => ({
    ...one,
    error: one.error.slice(0, characters).toWellFormed(),
  }))
  return { ...report, nacked: named }
}

function printWhatFits({ proxies, repositories }: ReplicaReport): PrintedReport {
  const all = Object.entries(repositories).sort(([a], [b]) => byCodeUnit(a, b))
  const bare = { nacked: 0, characters: 0 } as const
  let bytes = 100
  const kept = all.filter(([name, report]) => {
    bytes += Buffer.byteLength(JSON.stringify({ [name]: cut(report, bare) }))
    return bytes <= MAX_BYTES
  })
  const text = print({ proxies, repositories: Object.fromEntries(kept) }, bare)
  return { text, omitted: all.length - kept.length }
}
