/** The main job's findings, as tables for people. */
import Table from 'cli-table3'
import type { TextStyles } from '../../review/problems/problems-text.ts'
import type { CommitReport, Row, StepReport } from './report.ts'

export function printStep(step: StepReport, styles: TextStyles): string {
  const parts = [styles.file(step.name)]
  if (step.commit !== undefined) parts.push(printCommit(step.commit, styles))
  if (step.rows.length > 0) parts.push(printRows(step.rows, styles))
  return `\n${parts.join('\n')}\n`
}

function printCommit(commit: CommitReport, styles: TextStyles): string {
  const head = `commit ${commit.commit.slice(0, 12)}  ${commit.subject}`
  const lines = [
    ...block('plan', commit.plan),
    ...block('who could newly call what', commit.access),
    ...block('problems', commit.problems),
    `  ${printEnd(commit, styles)}`,
  ]
  return [head, ...lines].join('\n')
}

function block(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)]
}

function printEnd(commit: CommitReport, styles: TextStyles): string {
  const { state, proxiesTouched, proxiesAcked, enforcedAfterMs } = commit
  if (enforcedAfterMs === undefined)
    return styles.warning(`${state}: nothing of it was done, the last good commit keeps serving`)
  const proxies =
    proxiesTouched === 0
      ? 'it touches no proxy that is connected'
      : `${proxiesAcked} of ${proxiesTouched} touched proxies have ACKed`
  return styles.fix(`commit → enforced in ${Math.round(enforcedAfterMs)} ms (${proxies})`)
}

/** Columns alone: rules between rows would be longer than what they rule. */
const NO_RULES = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'],
    ...['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((part) => [part, '']),
)

function printRows(rows: readonly Row[], styles: TextStyles): string {
  const table = new Table({
    head: ['from', 'to', 'request', 'expected', 'seen', ''].map(styles.quiet),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: NO_RULES,
  })
  for (const { from, to, request, expected, seen, ok } of rows)
    table.push([from, to, request, expected, seen, ok ? styles.fix('ok') : styles.error('NOT OK')])
  return table
    .toString()
    .split('\n')
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n')
}
