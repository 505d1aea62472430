/** `plumb resume`: takes suspended repositories up again. */
import { Command } from 'commander'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ClusterFlags, withClusterFlags } from '../cluster-flags.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { parseSpan } from '../parse-span.ts'
import { askForPass } from '../repositories/ask-for-pass.ts'
import { type CommandPlace, inCommandCluster } from '../repositories/in-command-cluster.ts'
import { namedRepositories } from '../repositories/named-repositories.ts'
import { printOwners } from '../repositories/print-owners.ts'
import { toRepositoryView } from '../repositories/repository-view.ts'
import { SUSPEND_REASON } from '../repositories/suspend-reason.ts'
import { withAnnotation } from '../repositories/with-annotation.ts'
import { withSpecField } from '../repositories/with-spec-field.ts'

interface ResumeFlags extends ClusterFlags {
  readonly all?: true
  readonly timeout: string
  readonly wait: boolean
}

const DESCRIPTION = `Reads the repository again, applies what was committed meanwhile, and puts back what was edited in the cluster meanwhile. \
Exit status: 0 enforced, 1 it stopped on the way, and why, 2 could not run, or not settled within the timeout.`

export function resumeCommand(): Command {
  const command = new Command('resume')
    .summary('take suspended repositories up again, and wait until their commits are enforced')
    .description(DESCRIPTION)
    .argument('[names...]', 'of MeshRepositories')
    .option('--all', 'all that are suspended')
    .option('--timeout <span>', 'how long to wait', '2m')
    .option('--no-wait', 'do not wait')
  return withClusterFlags(command).action(async (names: string[], flags: ResumeFlags) => {
    process.exitCode = await inCommandCluster(
      flags,
      async (place) => await resume(place, names, flags),
    )
  })
}

/** All at once: one of them may have to wait for another. */
async function resume(
  place: CommandPlace,
  names: readonly string[],
  flags: ResumeFlags,
): Promise<number> {
  const timeoutMs = parseSpan('--timeout', flags.timeout)
  const objects = await namedRepositories(place.cluster, names, flags.all === true)
  const passes = objects.map(async (object) => {
    const before = toRepositoryView(object)
    if (!before.isSuspended) {
      if (flags.all !== true) process.stdout.write(`${before.name} is not suspended\n`)
      return EXIT_CODE.ok
    }
    process.stdout.write(`${before.name} is taken up again\n${printOwners(object, 'suspend')}`)
    return await askForPass(place, { before, edit: resumed, timeoutMs, isAwaited: flags.wait })
  })
  // Whoever is late ends the command with that, and not before the others have said how they ended.
  await Promise.allSettled(passes)
  return Math.max(EXIT_CODE.ok, ...(await Promise.all(passes)))
}

/** Without the field rather than with `false`: it is as it was before it was suspended, and nobody's. */
function resumed(object: KubernetesObject): KubernetesObject {
  return withAnnotation(withSpecField(object, 'suspend', undefined), SUSPEND_REASON, undefined)
}
