/** The flags by which a command is told which cluster it talks to. */
import { type Command, Option } from 'commander'

/** As commander hands them over. */
export interface ClusterFlags {
  readonly cluster?: 'embedded' | 'kubernetes'
  readonly kubeconfig?: string
  readonly context?: string
  readonly data?: string
}

/** Adds them. */
export function withClusterFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--cluster <which>',
        'default: the embedded one where its control plane answers, else Kubernetes',
      ).choices(['embedded', 'kubernetes']),
    )
    .option('--kubeconfig <file>', 'of a Kubernetes cluster (default: as kubectl finds it)')
    .option('--context <name>', 'of the kubeconfig (default: its current one)')
    .option('--data <folder>', 'data directory of a control plane with an embedded cluster')
}
