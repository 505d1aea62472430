/** `plumb suspend`: leaves repositories and what they have applied alone until `plumb resume`. */
import { Command } from 'commander'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ClusterFlags, withClusterFlags } from '../cluster-flags.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { editRepository } from '../repositories/edit-repository.ts'
import { type CommandPlace, inCommandCluster } from '../repositories/in-command-cluster.ts'
import { namedRepositories } from '../repositories/named-repositories.ts'
import { printOwners } from '../repositories/print-owners.ts'
import { printSuspended } from '../repositories/print-suspended.ts'
import { toRepositoryView } from '../repositories/repository-view.ts'
import { SUSPEND_REASON } from '../repositories/suspend-reason.ts'
import { withAnnotation } from '../repositories/with-annotation.ts'
import { withSpecField } from '../repositories/with-spec-field.ts'

interface SuspendFlags extends ClusterFlags {
  readonly all?: true
  readonly reason?: string
}

const DESCRIPTION = `While a repository is suspended nothing of it is read, applied or put back: commits wait, and edits in the cluster stay in the \
cluster. Proxies keep what they are served, certificates are renewed, and no such edit reaches a proxy.`

export function suspendCommand(): Command {
  const command = new Command('suspend')
    .summary('leave repositories alone: nothing is read, applied or put back')
    .description(DESCRIPTION)
    .argument('[names...]', 'of MeshRepositories')
    .option('--all', 'all of them')
    .option('--reason <text>', 'why, for whoever wonders')
  return withClusterFlags(command).action(async (names: string[], flags: SuspendFlags) => {
    await inCommandCluster(flags, async (place) => await suspend(place, names, flags))
    process.exitCode = EXIT_CODE.ok
  })
}

async function suspend(
  { cluster }: CommandPlace,
  names: readonly string[],
  flags: SuspendFlags,
): Promise<void> {
  for (const object of await namedRepositories(cluster, names, flags.all === true)) {
    const before = toRepositoryView(object)
    if (before.isSuspended && flags.reason === undefined) {
      process.stdout.write(`${printSuspended(before)} already\n`)
      continue
    }
    const stored = await editRepository(cluster, before.name, (now) => suspended(now, flags.reason))
    process.stdout.write(printStored(stored) + printOwners(object, 'suspend'))
  }
}

/** A reason that was given before stays, unless there is a new one. */
function suspended(object: KubernetesObject, reason: string | undefined): KubernetesObject {
  const edited = withSpecField(object, 'suspend', true)
  return reason === undefined ? edited : withAnnotation(edited, SUSPEND_REASON, reason)
}

function printStored(object: KubernetesObject): string {
  const view = toRepositoryView(object)
  const { enforced } = view.status
  const served =
    enforced.commit === undefined
      ? 'what they are served'
      : `commit ${enforced.commit.slice(0, 12)}`
  return `${printSuspended(view)}: nothing is read, applied or put back until plumb resume ${view.name}; proxies keep ${served}\n`
}
