/** The figures of the xDS benchmark, and how they are printed. */
import type { Round } from './round.ts'

interface Spread {
  readonly p50: number
  readonly max: number
}

export interface Summary {
  readonly touched: number
  /** From the commit's files in hand to the last ACK. */
  readonly commitToAckMs: Spread
  /** Of it: reading and compiling the policies. */
  readonly compileMs: Spread
  /** Of it: rendering, sending and ACKs. */
  readonly publishToAckMs: Spread
  readonly floorMs: Spread
  /** Medians: publication to ACK over the floor. */
  readonly ratio: number
  readonly messages: number
  readonly bytes: number
  readonly serverCpuMs: Spread
}

export interface Row extends Summary {
  readonly proxies: number
  readonly change: string
  /** Of the server's process once all proxies have converged. */
  readonly rssMb: number
}

export function summarise(ours: readonly Round[], floors: readonly number[]): Summary {
  const publishToAckMs = spreadOf(ours.map(({ ackMs }) => ackMs))
  const floorMs = spreadOf(floors)
  return {
    touched: ours.at(-1)?.touched ?? 0,
    commitToAckMs: spreadOf(ours.map(({ totalMs }) => totalMs)),
    compileMs: spreadOf(ours.map(({ compileMs }) => compileMs)),
    publishToAckMs,
    floorMs,
    ratio: publishToAckMs.p50 / floorMs.p50,
    messages: spreadOf(ours.map(({ messages }) => messages)).p50,
    bytes: spreadOf(ours.map(({ bytes }) => bytes)).p50,
    serverCpuMs: spreadOf(ours.map(({ cpuMs }) => cpuMs)),
  }
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 }
}

export function printTable(rows: readonly Row[], services: number, rounds: number): void {
  console.log(
    `${services} services, ${rounds} rounds each, Node ${process.version}; p50 / max in ms`,
  )
  console.log(
    'commit > ACK: from the files of the commit to the last ACK; publish > ACK: the xDS part of it',
  )
  console.log(
    'floor: a bare grpc-js broadcast over mTLS of as many bytes to as many streams, in the same run\n',
  )
  const head = [
    'proxies',
    'commit changes',
    'touched',
    'commit > ACK',
    'compile',
    'publish > ACK',
    'floor',
    'ratio',
    'KB sent',
    'server CPU',
    'RSS MB',
  ]
  const table = rows.map((row) => [
    String(row.proxies),
    row.change,
    String(row.touched),
    print(row.commitToAckMs),
    print(row.compileMs),
    print(row.publishToAckMs),
    print(row.floorMs),
    `${row.ratio.toFixed(1)} x`,
    (row.bytes / 1_024).toFixed(0),
    print(row.serverCpuMs),
    row.rssMb.toFixed(0),
  ])
  const widths = head.map((cell, at) =>
    Math.max(...[head, ...table].map((line) => (line[at] ?? cell).length)),
  )
  for (const line of [head, ...table])
    console.log(
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

function print({ p50, max }: Spread): string {
  return `${p50.toFixed(1)} / ${max.toFixed(1)}`
}
