/** `plumb render`: what one proxy would be told, as Envoy's own configuration. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { readWorkloads } from '../../lab/workloads/read-workloads.ts'
import { RESOURCE_TYPES } from '../../render/envoy/envoy-resource.ts'
import { toJsonObjects, toStaticConfig } from '../../render/envoy/to-static-config.ts'
import { loadAccess } from '../access/load-access.ts'
import { parseAccount } from '../access/parse-subject.ts'
import { UsageError } from '../exit-code.ts'
import { type RenderedProxy, renderProxy } from '../render/render-proxy.ts'
import { workloadInventory } from '../render/workload-inventory.ts'
import { SystemClock } from '../system-clock.ts'
import { SystemEntropy } from '../system-entropy.ts'
import { createLogger } from '../system-logger.ts'

const DESCRIPTION = `Compiles the policies for the proxies of one service account and prints what they would be told.

  -o envoy   one static configuration, which envoy --mode validate -c accepts; its certificate is made for this call
  -o xds     the xDS resources by type, as they are sent

What runs in the cluster is read from a folder of manifests: the folder "workloads" beside the policies, unless --workloads names another.`

interface RenderFlags {
  readonly proxy: string
  readonly workloads?: string
  readonly ref?: string
  readonly output: 'envoy' | 'xds'
}

export function renderCommand(): Command {
  return new Command('render')
    .summary('print what one proxy would be told')
    .description(DESCRIPTION)
    .argument('[path]', 'a folder, a file, or the URL of a repository', '.')
    .requiredOption('--proxy <account>', 'whose proxies: NAMESPACE/SERVICEACCOUNT')
    .option('--workloads <folder>', 'manifests of what runs in the cluster')
    .option('--ref <ref>', 'a branch, tag or commit instead of the files on disk')
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['envoy', 'xds'])
        .default('envoy'),
    )
    .action(render)
}

async function render(target: string, flags: RenderFlags): Promise<void> {
  const account = parseAccount('--proxy', flags.proxy)
  const { ref } = flags
  const { context } = await loadAccess({ target, ...(ref !== undefined && { ref }) })
  const workloads = await readWorkloads(workloadsFolder(target, flags.workloads))
  const rendered = await renderProxy({
    intent: context.intent,
    inventory: workloadInventory(workloads),
    account,
    shell: {
      clock: new SystemClock(),
      entropy: new SystemEntropy(),
      log: createLogger({ format: 'text', level: 'warn', stream: process.stderr }),
    },
  })
  const printed = flags.output === 'envoy' ? toStaticConfig(rendered) : toXds(rendered)
  process.stdout.write(`${JSON.stringify(printed, null, 2)}\n`)
}

/** Without the leaf: its key is a secret even when it is of no use to anybody. */
function toXds({ resources }: RenderedProxy): object {
  return Object.fromEntries(
    RESOURCE_TYPES.map((type) => [type, toJsonObjects(type, resources[type].values())]),
  )
}

function workloadsFolder(target: string, named: string | undefined): string {
  const folder = resolve(named ?? join(target, 'workloads'))
  if (existsSync(folder)) return folder
  throw new UsageError(
    `there are no workloads at ${folder}; name the folder of their manifests with --workloads`,
  )
}
