/** The figures of the Kubernetes benchmark, as a table: what was measured, beside what, and what was aimed at. */
import { type CallCount, readsOf, writesOf } from './audited-server.ts'
import type { KubectlFigures } from './measure-kubectl.ts'
import type { PlumbFigures } from './measure-plumb.ts'
import type { GeneratedRepository } from './repositories.ts'

export interface Round {
  readonly plumb: PlumbFigures
  readonly kubectl: KubectlFigures
}

type Row = readonly [what: string, measured: string, beside: string, aim: string]

export function printReport(
  repository: GeneratedRepository,
  rounds: readonly Round[],
  idleMs: number,
): void {
  const files = Object.keys(repository.files).length
  console.log(
    `\n${repository.name}: ${repository.objects} objects with their namespaces, in ${files} files`,
  )
  const rows: readonly Row[] = [
    ['', 'plumb run', 'kubectl apply --server-side', 'aim'],
    ...firstRows(rounds),
    ...oneLineRows(rounds),
    ...idleRows(rounds, idleMs),
    ...driftRows(rounds),
    ...memoryRows(rounds),
  ]
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  for (const row of rows)
    console.log(
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

function firstRows(rounds: readonly Round[]): readonly Row[] {
  const [ours, floor] = [
    median(rounds.map(({ plumb }) => plumb.firstMs)),
    median(rounds.map(({ kubectl }) => kubectl.first.ms)),
  ]
  const fetched = median(rounds.map(({ plumb }) => plumb.firstFetchedMs))
  const { plumb, kubectl } = last(rounds)
  const cpu = median(rounds.map((round) => round.plumb.firstCpuSeconds))
  return [
    [
      'first apply, from the start of the process',
      `${seconds(ours)}, ${(ours / floor).toFixed(2)} x`,
      seconds(floor),
      'no slower',
    ],
    ['  of it from fetched to applied', seconds(fetched), '', ''],
    ['  CPU of the process', `${cpu.toFixed(1)} s`, '', ''],
    ['  calls', printCalls(plumb.firstCalls), printCalls(kubectl.first.calls), ''],
  ]
}

function oneLineRows(rounds: readonly Round[]): readonly Row[] {
  const times = rounds.flatMap(({ plumb }) => plumb.oneLine)
  const fetched = times.map(({ fetchedMs }) => fetchedMs)
  const floor = median(rounds.map(({ kubectl }) => kubectl.oneLine.ms))
  const { plumb, kubectl } = last(rounds)
  const calls = printCalls(plumb.oneLineCalls, plumb.oneLine.length)
  return [
    [
      'one-line commit, fetched to applied, p50 / max',
      `${median(fetched).toFixed(0)} / ${Math.max(...fetched)} ms`,
      `${seconds(floor)}, all files`,
      '<= 200 ms',
    ],
    [
      '  from asked for, git over HTTP included',
      `${median(times.map(({ askedMs }) => askedMs)).toFixed(0)} ms`,
      '',
      '',
    ],
    ['  calls a commit', calls, printCalls(kubectl.oneLine.calls), 'as the change'],
  ]
}

function idleRows(rounds: readonly Round[], idleMs: number): readonly Row[] {
  const { idleCalls } = last(rounds).plumb
  const counted = `${readsOf(idleCalls)} reads, ${writesOf(idleCalls)} writes, ${idleCalls.lease ?? 0} of the lease`
  return [[`no change for ${idleMs / 1000} s`, counted, '', '<= 2 reads, no write a minute']]
}

function driftRows(rounds: readonly Round[]): readonly Row[] {
  const times = rounds.flatMap(({ plumb }) => plumb.driftMs)
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)]
  const measured = `${p50.toFixed(0)} / ${p99.toFixed(0)} ms of ${times.length}`
  return [['foreign edit, put back, p50 / p99', measured, '', 'p99 <= 1000 ms']]
}

function memoryRows(rounds: readonly Round[]): readonly Row[] {
  const { applied, end, collected } = last(rounds).plumb.memory
  return [
    [
      'RSS at the end (without garbage)',
      `${end.rssMiB.toFixed(0)} MiB (${collected.rssMiB.toFixed(0)})`,
      '',
      '<= 250 MiB',
    ],
    [
      '  peak until applied, in all',
      `${applied.peakMiB.toFixed(0)} MiB, ${end.peakMiB.toFixed(0)} MiB`,
      '',
      '',
    ],
  ]
}

/** By verb, most first; divided by so many. */
function printCalls(calls: CallCount, by = 1): string {
  const entries = Object.entries(calls).sort(([, a], [, b]) => b - a)
  return entries.map(([verb, count]) => `${printCount(count / by)} ${verb}`).join(', ') || 'none'
}

function printCount(count: number): string {
  return Number.isInteger(count) ? String(count) : count.toFixed(1)
}

function last(rounds: readonly Round[]): Round {
  const round = rounds.at(-1)
  if (round === undefined) throw new Error('nothing was measured')
  return round
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
