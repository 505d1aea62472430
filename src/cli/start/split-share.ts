/** Measures how a TrafficSplit shares requests, by the version that each answer names. */
import type { RequestOutcome } from '../../lab/request-agent.ts'
import type { Row } from './report.ts'

export const SHARE_REQUESTS = 400

/** A fair coin tossed 400 times strays 11 points from half once in a hundred thousand times; Envoy's choice is as fair. */
const TOLERANCE = 11

/** `expected`: the share of v2, in percent. */
export function toShareRow(outcomes: readonly RequestOutcome[], expected: number): Row {
  const versions = outcomes.map((outcome) =>
    outcome.type === 'answered' && outcome.status === 200
      ? String(outcome.headers['bookstore'])
      : 'failed',
  )
  const answered = versions.filter((version) => version !== 'failed')
  const share =
    (100 * answered.filter((seen) => seen === 'v2').length) / Math.max(1, answered.length)
  const failed = versions.filter((version) => version === 'failed').length
  const slack = expected === 0 || expected === 100 ? 0 : TOLERANCE
  return {
    from: 'bookbuyer/bookbuyer',
    to: 'bookstore/bookstore',
    request: `${outcomes.length} × GET /books-bought`,
    expected: `v1 ${100 - expected} %, v2 ${expected} %${slack > 0 ? ` (± ${slack})` : ''}`,
    seen: `v1 ${100 - Math.round(share)} %, v2 ${Math.round(share)} %${failed > 0 ? `, ${failed} failed` : ''}`,
    ok: failed === 0 && Math.abs(share - expected) <= slack,
  }
}
