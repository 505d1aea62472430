/** `plumb doctor`: is the installation well, and if not, what mends it. */
import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { ClusterError } from '../../reconciler/cluster.ts'
import { askApiServer } from '../doctor/api-server.ts'
import { type Check, fail } from '../doctor/check.ts'
import { printCheck, printTally } from '../doctor/print-check.ts'
import { runDoctor } from '../doctor/run-doctor.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { inKubernetes, type KubernetesFlags } from '../install/in-kubernetes.ts'
import { readManifests } from '../install/manifests.ts'
import type { CommandPlace } from '../repositories/in-command-cluster.ts'
import { textStyles } from '../text-styles.ts'
import { wantsColour } from '../wants-colour.ts'

interface DoctorFlags extends KubernetesFlags {
  readonly output: 'text' | 'json'
}

const DESCRIPTION = `Looks at the API server, the rights of the control plane (before an installation: yours), the definitions, the Deployment, the
leader, the mesh's root, every MeshRepository and its git server, clocks, and what is left of Open Service Mesh. It changes nothing.

Exit status: 0 nothing failed, 1 something did, 2 the API server does not answer.`

export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('check an installation on Kubernetes, and say how to mend what is wrong')
    .description(DESCRIPTION)
    .option('--kubeconfig <file>', 'of the cluster (default: as kubectl finds it)')
    .option('--context <name>', 'of the kubeconfig (default: its current one)')
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'),
    )
    .action(async (flags: DoctorFlags) => {
      process.exitCode = await inKubernetes(flags, async (place) => await examine(place, flags))
    })
}

async function examine(
  { cluster, shell, signal }: CommandPlace,
  flags: DoctorFlags,
): Promise<number> {
  const styles = textStyles(wantsColour(process.stdout))
  const isText = flags.output === 'text'
  const onCheck = (check: Check): void => {
    if (isText) process.stdout.write(printCheck(check, styles))
  }
  const finish = (checks: readonly Check[]): void => {
    process.stdout.write(
      isText ? `\n${printTally(checks)}` : `${JSON.stringify(checks, null, 2)}\n`,
    )
  }
  try {
    const { kubeconfig, context } = flags
    const choice = {
      ...(kubeconfig !== undefined && { kubeconfig: resolve(kubeconfig) }),
      ...(context !== undefined && { context }),
    }
    const facts = await askApiServer(choice, shell.clock, signal)
    const manifests = await readManifests()
    const checks = await runDoctor({ cluster, facts, manifests, onCheck }, signal)
    finish(checks)
    return checks.some(({ status }) => status === 'fail') ? EXIT_CODE.found : EXIT_CODE.ok
  } catch (error) {
    if (!(error instanceof ClusterError && error.code === 'Unavailable')) throw error
    const silent = unanswered(error)
    onCheck(silent)
    finish([silent])
    return EXIT_CODE.couldNotRun
  }
}

function unanswered(error: ClusterError): Check {
  return fail('API server', error.message, {
    expected: 'an API server that answers',
    fix: 'look at the address and the way there: kubectl version; choose another with --kubeconfig or --context',
  })
}
