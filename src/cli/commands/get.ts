/** `plumb get`: the MeshRepositories, and how far each is with its commit. */
import { Command, Option } from 'commander'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ClusterFlags, withClusterFlags } from '../cluster-flags.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { findRepositories } from '../repositories/find-repositories.ts'
import { followRepositories } from '../repositories/follow-repositories.ts'
import { type CommandPlace, inCommandCluster } from '../repositories/in-command-cluster.ts'
import {
  GET_FORMATS,
  type RepositoryFormat,
  repositoryPrinter,
} from '../repositories/repository-printer.ts'
import { toRepositoryView } from '../repositories/repository-view.ts'
import { CONTROL_NAMESPACE } from '../run/serving/control-plane-identity.ts'
import { textStyles } from '../text-styles.ts'
import { wantsColour } from '../wants-colour.ts'

interface GetFlags extends ClusterFlags {
  readonly output?: RepositoryFormat
  readonly watch?: true
}

const DESCRIPTION = `Lists the MeshRepositories of ${CONTROL_NAMESPACE}. With a NAME it shows all that is known of one: the four stations of its commit, \
what stopped it and where, drift, a pin, and the commits before it. Exit status: 0 all are Ready, 1 one is not, 2 could not run.`

export function getCommand(): Command {
  const command = new Command('get')
    .summary('the policy repositories that are followed, and how far each is with its commit')
    .description(DESCRIPTION)
    .argument('[name]', 'of a MeshRepository')
    .addOption(
      new Option(
        '-o, --output <format>',
        'how to print (default: a table; with NAME a page)',
      ).choices(GET_FORMATS),
    )
    .option('-w, --watch', 'go on, and print what changes until Ctrl-C')
  return withClusterFlags(command).action(async (name: string | undefined, flags: GetFlags) => {
    process.exitCode = await inCommandCluster(flags, async (place) => await get(place, name, flags))
  })
}

async function get(
  { cluster, shell, signal }: CommandPlace,
  name: string | undefined,
  { output, watch }: GetFlags,
): Promise<number> {
  const objects = await findRepositories(cluster, name === undefined ? [] : [name])
  const print = repositoryPrinter({
    format: output ?? (name === undefined ? 'table' : 'page'),
    isOne: name !== undefined,
    clock: shell.clock,
    styles: textStyles(wantsColour(process.stdout)),
    width: process.stdout.isTTY ? process.stdout.columns : undefined,
  })
  process.stdout.write(print.all(objects))
  if (objects.length === 0 && output !== 'json' && output !== 'yaml')
    process.stderr.write(`there is no MeshRepository in ${CONTROL_NAMESPACE} yet\n`)
  if (watch !== true) return objects.every(isReady) ? EXIT_CODE.ok : EXIT_CODE.found
  const isMeant = (one: string) => name === undefined || name === one
  await followRepositories(
    {
      ...{ cluster, shell, known: objects },
      onObject: (object) => {
        if (isMeant(object.metadata.name)) process.stdout.write(print.changed(object))
      },
      onGone: (gone) => {
        if (isMeant(gone)) process.stderr.write(`${gone} has been deleted\n`)
      },
    },
    signal,
  )
  return EXIT_CODE.ok
}

function isReady(object: KubernetesObject): boolean {
  const { ready, isSeen } = toRepositoryView(object)
  return isSeen && ready.status === 'True'
}
