/** `plumb install`: puts the control plane into a Kubernetes cluster. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { dump } from 'js-yaml'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { printObjectId, toObjectId } from '../../model/object-id.ts'
import { readMeshRepository } from '../../reconciler/repositories/read-mesh-repository.ts'
import type { TextStyles } from '../../review/problems/problems-text.ts'
import { EXIT_CODE, UsageError } from '../exit-code.ts'
import type { Applied } from '../install/apply-object.ts'
import { inKubernetes, type KubernetesFlags } from '../install/in-kubernetes.ts'
import {
  type RepositoryChoice,
  toInstallObjects,
  toMeshRepository,
} from '../install/install-objects.ts'
import { readManifests } from '../install/manifests.ts'
import { runInstall } from '../install/run-install.ts'
import { parseSpan } from '../parse-span.ts'
import { textStyles } from '../text-styles.ts'
import { wantsColour } from '../wants-colour.ts'

interface InstallFlags extends KubernetesFlags {
  readonly replicas?: number
  readonly image?: string
  readonly repository?: string
  readonly ref?: string
  readonly path?: string
  readonly name: string
  readonly dryRun?: true
  readonly output?: 'yaml'
  readonly wait: boolean
  readonly timeout: string
}

const DESCRIPTION = `Applies the manifests of deploy/kubernetes, which come with the program: the namespace plumbline-system, the kinds of policy,
rights, a Deployment of two replicas, and what guards them. Applying again changes nothing; another image is an upgrade, and what no flag
names stays as it is. A definition that somebody else has put there is left as it is.

Exit status 1 when everything was written and does not run.`

export function installCommand(): Command {
  return new Command('install')
    .summary('put the control plane into a Kubernetes cluster, or upgrade it')
    .description(DESCRIPTION)
    .option('--kubeconfig <file>', 'of the cluster (default: as kubectl finds it)')
    .option('--context <name>', 'of the kubeconfig (default: its current one)')
    .option('--replicas <number>', 'of the control plane (default: 2)', parseReplicas)
    .option('--image <reference>', 'of the container (default: plumbline at this version)')
    .option('-r, --repository <url>', 'a policy repository to follow: https URL')
    .option('--ref <ref>', 'of the repository: branch, tag or SHA (default: main)')
    .option('--path <folder>', 'of the repository: the folder that holds the policies')
    .option('--name <name>', 'of the MeshRepository', 'mesh')
    .option('--dry-run', 'have the API server judge every object, and change nothing')
    .addOption(
      new Option('-o, --output <format>', 'print the manifests instead of applying them').choices([
        'yaml',
      ]),
    )
    .option('--no-wait', 'do not wait for the control plane to run')
    .option('--timeout <span>', 'how long to wait for it', '5m')
    .action(install)
}

async function install(flags: InstallFlags): Promise<void> {
  const [manifests, choices] = [await readManifests(), toChoices(flags)]
  if (flags.output === 'yaml') {
    const objects = toInstallObjects(manifests, choices)
    process.stdout.write(objects.map((object) => dump(object, { noRefs: true })).join('---\n'))
    return
  }
  const waitMs = flags.wait ? parseSpan('--timeout', flags.timeout) : undefined
  const outcome = await inKubernetes(flags, async ({ cluster, shell, signal }) => {
    const request = { manifests, choices, waitMs, dryRun: flags.dryRun === true }
    return await runInstall(request, { cluster, clock: shell.clock, ...printers(flags) }, signal)
  })
  if (outcome.type === 'not-running')
    process.stdout.write(`\ninstalled, and not running: ${outcome.reason}\n`)
  else if (flags.dryRun !== true) process.stdout.write(nextSteps(flags))
  process.exitCode = outcome.type === 'installed' ? EXIT_CODE.ok : EXIT_CODE.found
}

function printers(flags: InstallFlags) {
  const dryRun = flags.dryRun === true
  const styles = textStyles(wantsColour(process.stdout))
  return {
    onApplied: (object: KubernetesObject, applied: Applied) =>
      void process.stdout.write(printApplied(object, applied, { dryRun, styles })),
    progress: (line: string) => void process.stderr.write(`${line}\n`),
  }
}

function toChoices(flags: InstallFlags) {
  const { replicas, image } = flags
  const repository = toRepository(flags)
  return {
    ...(replicas !== undefined && { replicas }),
    ...(image !== undefined && { image }),
    ...(repository !== undefined && { repository }),
  }
}

/** Judged as the control plane will judge it. */
function toRepository({ repository: url, ref, path, name }: InstallFlags) {
  if (url === undefined) {
    const stray = ref !== undefined ? '--ref' : path !== undefined ? '--path' : undefined
    if (stray !== undefined)
      throw new UsageError(`${stray} is of a repository, and none is named; add --repository`)
    return undefined
  }
  const choice: RepositoryChoice = {
    ...{ name, url },
    ...(ref !== undefined && { ref }),
    ...(path !== undefined && { path }),
  }
  const read = readMeshRepository(toMeshRepository(choice))
  if (!read.ok) throw new UsageError(`--repository: ${read.error.join('; ')}`)
  return choice
}

function parseReplicas(text: string): number {
  const replicas = Number(text)
  if (!Number.isInteger(replicas) || replicas < 1)
    throw new InvalidArgumentError('use a whole number, 1 or more.')
  return replicas
}

function printApplied(
  object: KubernetesObject,
  { outcome, note }: Applied,
  { dryRun, styles }: { readonly dryRun: boolean; readonly styles: TextStyles },
): string {
  const style = outcome === 'unchanged' || outcome === 'left' ? styles.quiet : styles.fix
  const word = `${outcome}${dryRun ? ' (dry run)' : ''}`
  const reason = note === undefined ? '' : styles.quiet(` (${note})`)
  return `${printObjectId(toObjectId(object))} ${style(word)}${reason}\n`
}

function nextSteps({ repository, name }: InstallFlags): string {
  if (repository !== undefined) return `\nfollow it with: plumb get ${name} --watch\n`
  return `
it follows no repository yet; name one:
  plumb install --repository https://git.example.com/mesh.git
plumb doctor checks the installation
`
}
