/** `plumb uninstall`: takes the control plane out of a Kubernetes cluster, and leaves the policies. */
import { Command } from 'commander'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { printObjectId, toObjectId } from '../../model/object-id.ts'
import { confirm } from '../confirm.ts'
import { UsageError } from '../exit-code.ts'
import { findInstallation } from '../install/find-installation.ts'
import { inKubernetes, type KubernetesFlags } from '../install/in-kubernetes.ts'
import { readManifests } from '../install/manifests.ts'
import { runUninstall } from '../install/run-uninstall.ts'
import { findHelmRelease, surveyObjects } from '../install/survey.ts'
import { planUninstall, type UninstallPlan } from '../install/uninstall-plan.ts'
import type { CommandPlace } from '../repositories/in-command-cluster.ts'
import { textStyles } from '../text-styles.ts'
import { wantsColour } from '../wants-colour.ts'

interface UninstallFlags extends KubernetesFlags {
  readonly crds?: true
  readonly root?: true
  readonly dryRun?: true
  readonly yes?: true
}

const DESCRIPTION = `Removes what plumb install made: the Deployment first, its rights last. The policies stay, and so do their definitions, the
MeshRepositories, the inventory and the mesh's root: proxies keep what they have until their certificates end, and a new
installation goes on from there.`

export function uninstallCommand(): Command {
  return new Command('uninstall')
    .summary('take the control plane out of a Kubernetes cluster; policies stay')
    .description(DESCRIPTION)
    .option('--kubeconfig <file>', 'of the cluster (default: as kubectl finds it)')
    .option('--context <name>', 'of the kubeconfig (default: its current one)')
    .option('--crds', 'remove the definitions too, and with them EVERY policy object')
    .option('--root', "remove the mesh's root too: no proxy will trust the next one")
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .option('-y, --yes', 'do not ask')
    .action(async (flags: UninstallFlags) => {
      await inKubernetes(flags, async (place) => await uninstall(place, flags))
    })
}

async function uninstall(place: CommandPlace, flags: UninstallFlags): Promise<void> {
  const { cluster, shell, signal } = place
  const choices = { crds: flags.crds === true, root: flags.root === true }
  const plan = planUninstall(await findInstallation(cluster), choices)
  const isInstalled = plan.remove.some(({ kind }) => kind === 'Deployment')
  if (!isInstalled) await sayWhoElse(place)
  if (plan.remove.length === 0) {
    process.stdout.write(`there is nothing to remove\n${printLeft(plan)}`)
    return
  }
  if (flags.dryRun === true) {
    for (const object of plan.remove) process.stdout.write(printRemoved(object, ' (dry run)'))
    process.stdout.write(printLeft(plan))
    return
  }
  if (flags.yes !== true) await confirmRemoval(plan, signal)
  await runUninstall(
    plan.remove,
    {
      ...{ cluster, clock: shell.clock },
      onRemoved: (object) => void process.stdout.write(printRemoved(object)),
      progress: (line) => void process.stderr.write(`${line}\n`),
    },
    signal,
  )
  process.stdout.write(printLeft(plan))
}

/** What was installed by other means is for those to remove. */
async function sayWhoElse({ cluster }: CommandPlace): Promise<void> {
  const live = await surveyObjects(cluster, await readManifests())
  const deployment = [...live.values()].find(({ kind }) => kind === 'Deployment')
  if (deployment === undefined) return
  const release = findHelmRelease([deployment])
  throw new UsageError(
    release === undefined
      ? 'Plumbline is installed here, and not by plumb install; remove it as it was installed, as by kubectl delete -k'
      : `Helm has installed Plumbline here; remove it with: helm uninstall ${release.name} -n ${release.namespace}`,
  )
}

async function confirmRemoval({ remove }: UninstallPlan, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError(
      `${remove.length} objects would be removed, and there is no terminal to ask at; add --yes, or --dry-run to see them`,
    )
  for (const object of remove) process.stderr.write(`  ${printObjectId(toObjectId(object))}\n`)
  const question = `remove these ${remove.length} objects?`
  if (!(await confirm({ yes: false, question }, signal)))
    throw new UsageError('nothing was removed')
}

function printRemoved(object: KubernetesObject, suffix = ''): string {
  const styles = textStyles(wantsColour(process.stdout))
  return `${printObjectId(toObjectId(object))} ${styles.fix(`removed${suffix}`)}\n`
}

function printLeft({ leave }: UninstallPlan): string {
  if (leave.length === 0) return ''
  const lines = leave.map(({ what, remove }) => `  ${what}\n      ${remove}\n`)
  return `\nleft in the cluster, and how to remove it:\n${lines.join('')}`
}
