/** `plumb reconcile`: a pass now, instead of at the next look, and what came of it. */
import { Command } from 'commander'
import { type ClusterFlags, withClusterFlags } from '../cluster-flags.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { parseSpan } from '../parse-span.ts'
import { askForPass } from '../repositories/ask-for-pass.ts'
import { findRepository } from '../repositories/find-repository.ts'
import { type CommandPlace, inCommandCluster } from '../repositories/in-command-cluster.ts'
import { printSuspended } from '../repositories/print-suspended.ts'

interface ReconcileFlags extends ClusterFlags {
  readonly timeout: string
  readonly wait: boolean
}

const DESCRIPTION = `Asks the control plane to read the repository now, and follows the commit through the stations until every proxy that it touches \
has ACKed it. Exit status: 0 enforced, 1 it stopped on the way, and why, 2 could not run, or not settled within the timeout.`

export function reconcileCommand(): Command {
  const command = new Command('reconcile')
    .summary('read a repository now, and wait until its commit is enforced')
    .description(DESCRIPTION)
    .argument('<name>', 'of a MeshRepository')
    .option('--timeout <span>', 'how long to wait', '2m')
    .option('--no-wait', 'ask, and do not wait')
  return withClusterFlags(command).action(async (name: string, flags: ReconcileFlags) => {
    process.exitCode = await inCommandCluster(
      flags,
      async (place) => await reconcile(place, name, flags),
    )
  })
}

async function reconcile(
  place: CommandPlace,
  name: string,
  flags: ReconcileFlags,
): Promise<number> {
  const timeoutMs = parseSpan('--timeout', flags.timeout)
  const before = await findRepository(place.cluster, name)
  if (before.isSuspended) {
    process.stdout.write(`${printSuspended(before)}; take it up again with plumb resume ${name}\n`)
    return EXIT_CODE.found
  }
  const exitCode = await askForPass(place, { before, timeoutMs, isAwaited: flags.wait })
  if (!flags.wait) process.stdout.write(`${name}: a pass was asked for\n`)
  return exitCode
}
