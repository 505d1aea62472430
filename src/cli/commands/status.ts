/** `plumb status`: what became of the last commits, and which proxies are connected. */
import Table from 'cli-table3'
import { Command, Option } from 'commander'
import type { CommitRecord } from '../../reconciler/commit-record.ts'
import { printRefMove } from '../../reconciler/print-ref-move.ts'
import { ControlPlaneClient } from '../control-plane-client.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { defaultDataDirectory, socketPath } from '../run/run-options.ts'
import type { ReplicaStatus, RepositoryReport, Status } from '../run/status/status-routes.ts'
import { wantsColour } from '../wants-colour.ts'

interface StatusFlags {
  readonly data?: string
  readonly output: 'text' | 'json'
}

const ANSWER_WITHIN_MS = 10_000

export function statusCommand(): Command {
  return new Command('status')
    .description(
      'show what became of the last commits; exit status 1 when the newest of a repository is not enforced, or nobody can look for a newer one',
    )
    .option('--data <folder>', 'data directory of the control plane')
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'),
    )
    .action(async ({ data, output }: StatusFlags) => {
      const client = new ControlPlaneClient(socketPath(data ?? defaultDataDirectory(process.env)))
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
      const status = await client.status(signal)
      process.stdout.write(
        output === 'json'
          ? `${JSON.stringify({ ...status, streams: await client.proxies(signal) }, null, 2)}\n`
          : printStatus(status),
      )
      const isEnforced =
        status.repositories.length > 0 &&
        status.repositories.every(
          ({ history, failing }) => failing === undefined && history.at(-1)?.state === 'enforced',
        )
      process.exitCode = isEnforced ? EXIT_CODE.ok : EXIT_CODE.found
    })
}

function printStatus(status: Status): string {
  const { ready, reason, proxies, replica, repositories } = status
  const state = ready ? 'ready' : `not ready: ${reason}`
  return [
    `${state}, ${proxies.connected} of ${proxies.known} proxies connected`,
    ...(replica === undefined ? [] : [printReplica(replica)]),
    ...(repositories.length === 0 ? ['no repository is followed yet'] : []),
    ...repositories.flatMap((repository) => [
      ...(repositories.length === 1 ? [] : ['', printRepository(repository)]),
      ...printFailing(repository),
      ...printHistory(repository),
    ]),
    '',
  ].join('\n')
}

function printReplica({ identity, leader }: ReplicaStatus): string {
  if (leader === undefined) return `replica ${identity}; none leads now`
  return leader === identity
    ? `replica ${identity}, which leads`
    : `replica ${identity}; ${leader} leads, and knows more of what was applied`
}

function printRepository({ name, url, ref, suspended }: RepositoryReport): string {
  return `${name}: ${ref} of ${url}${suspended ? ', suspended' : ''}`
}

function printFailing({ failing }: RepositoryReport): readonly string[] {
  if (failing === undefined) return []
  const since = new Date(failing.since).toISOString()
  return [`passes fail since ${since}, and what is served stays as it is: ${failing.error}`]
}

function printHistory({ history, served }: RepositoryReport): readonly string[] {
  const newest = history.at(-1)
  if (newest === undefined)
    return [
      served === undefined
        ? 'no commit has been sourced yet'
        : `serves ${served}, which another replica has applied`,
    ]
  const table = new Table({
    head: ['commit', 'subject', 'state', 'ACKed', 'enforced after'],
    style: wantsColour(process.stdout) ? {} : { head: [], border: [] },
  })
  for (const record of history.toReversed()) table.push(toCells(record))
  const move = printRefMove(newest)
  return [
    table.toString(),
    ...(move === undefined ? [] : [move]),
    ...newest.problems.map(
      ({ location, code, message }) =>
        `${location.file}:${location.line}:${location.column}  ${code}  ${message}`,
    ),
  ]
}

function toCells(record: CommitRecord): string[] {
  const { commit, subject, state, touched, acked, enforcedAfterMs } = record
  return [
    commit.slice(0, 12),
    subject.length > 48 ? `${subject.slice(0, 47)}…` : subject,
    state,
    `${acked} of ${touched}`,
    enforcedAfterMs === undefined ? '' : `${Math.round(enforcedAfterMs)} ms`,
  ]
}
