/** A control plane's data directory with an embedded cluster behind its socket, and commands that talk to it. */
import type { Command } from 'commander'
import fastify from 'fastify'
import { onTestFinished, vi } from 'vitest'
import { socketPath } from '../../src/cli/run/run-options.ts'
import { clusterApi } from '../../src/reconciler/cluster-api-server.ts'
import type { EmbeddedCluster } from '../../src/reconciler/embedded/embedded-cluster.ts'
import { RECONCILE_REQUESTED_AT } from '../../src/reconciler/repositories/mesh-repository-kind.ts'
import type { RepositoryStatus } from '../../src/reconciler/repositories/repository-status.ts'
import { anEmbeddedCluster } from './embedded-cluster.ts'
import { aMeshRepository, CONTROL_NAMESPACE, playStatus } from './mesh-repositories.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export interface CommandCluster {
  readonly cluster: EmbeddedCluster
  /** The data directory. */
  readonly data: string
}

export async function aCommandCluster(): Promise<CommandCluster> {
  const data = await temporaryDirectory()
  const cluster = await anEmbeddedCluster({ namespaces: ['default', CONTROL_NAMESPACE] })
  const server = fastify({ forceCloseConnections: true })
  await server.register(clusterApi(cluster))
  await server.listen({ path: socketPath(data) })
  onTestFinished(async () => await server.close())
  return { cluster, data }
}

/** A MeshRepository and the status it has; its generation is the stored one's. */
export async function aFollowedRepository(
  { cluster }: CommandCluster,
  name: string,
  status: RepositoryStatus | undefined,
  spec: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const { metadata } = await cluster.create(aMeshRepository(name, spec), {
    fieldManager: 'kubectl',
  })
  const observedGeneration = metadata.generation ?? 0
  if (status !== undefined)
    await playStatus(cluster, name, () => ({ ...status, observedGeneration }))
}

/** Answers the next request for a pass with these statuses, the last of which says that the pass has ended. */
export function playPass(
  { cluster }: CommandCluster,
  name: string,
  ...statuses: readonly RepositoryStatus[]
): void {
  const update = cluster.update.bind(cluster)
  let isPlayed = false
  cluster.update = async (object, options) => {
    const stored = await update(object, options)
    const requestedAt = stored.metadata.annotations?.[RECONCILE_REQUESTED_AT]
    const isMeant = options.subresource === undefined && object.metadata.name === name
    if (isPlayed || !isMeant || requestedAt === undefined) return stored
    isPlayed = true
    const observedGeneration = stored.metadata.generation ?? 0
    for (const [index, status] of statuses.entries()) {
      const ended = index === statuses.length - 1 ? { lastHandledReconcileAt: requestedAt } : {}
      await playStatus(cluster, name, () => ({ ...status, observedGeneration, ...ended }))
    }
    return stored
  }
}

export interface CommandResult {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface StartedCommand {
  /** What was printed so far. */
  readonly written: { stdout: string; stderr: string }
  readonly ended: Promise<CommandResult>
}

/** What the command prints and ends with. Rejects with what it throws. */
export async function runCommand(
  command: Command,
  ...args: readonly string[]
): Promise<CommandResult> {
  return await startCommand(command, ...args).ended
}

/** The same, to look at it while it runs. */
export function startCommand(command: Command, ...args: readonly string[]): StartedCommand {
  const written = { stdout: '', stderr: '' }
  return { written, ended: run(command, args, written) }
}

async function run(
  command: Command,
  args: readonly string[],
  written: StartedCommand['written'],
): Promise<CommandResult> {
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      written[stream] += String(chunk)
      return true
    }),
  )
  try {
    await command.exitOverride().parseAsync([...args], { from: 'user' })
    return { exitCode: process.exitCode as number | undefined, ...written }
  } finally {
    process.exitCode = undefined
    for (const spy of spies) spy.mockRestore()
  }
}
