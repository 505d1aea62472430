/** `plumb run`: the control plane. */
import { Command, Option } from 'commander'
import { runControlPlane } from '../run/run-control-plane.ts'
import { type RunFlags, toRunOptions } from '../run/run-options.ts'

const DESCRIPTION = `Follows a branch of a policy repository and keeps the cluster and every Envoy true to it.

The cluster is embedded, in this process and in the data directory, or a Kubernetes API server (--cluster kubernetes), into which
the kinds of policy are installed where they are missing. Without --repository it follows what the MeshRepositories of the
namespace plumbline-system name, each with a branch, a scope and a status of its own. A commit passes four stations: sourced, validated, applied, enforced.
 Enforced means that every proxy it touches has ACKed it. SIGHUP asks for a pass now; SIGTERM drains and ends.

The password for git is read from PLUMB_GIT_PASSWORD.`

export function runCommand(): Command {
  return new Command('run')
    .summary('the control plane: follows a branch, applies it, serves xDS, issues certificates')
    .description(DESCRIPTION)
    .option(
      '-r, --repository <url|path>',
      'the policy repository: https URL or local path (default: those that MeshRepositories name)',
    )
    .option('--ref <ref>', 'branch, tag or SHA to follow', 'main')
    .option('--path <folder>', 'folder of the repository that holds the policies', '')
    .option('--data <folder>', 'data directory (default: the state directory of the user)')
    .addOption(
      new Option('--cluster <which>', 'the cluster that commits are applied to')
        .choices(['embedded', 'kubernetes'])
        .default('embedded'),
    )
    .option('--kubeconfig <file>', 'with --cluster kubernetes (default: as kubectl finds it)')
    .option('--context <name>', 'of the kubeconfig (default: its current one)')
    .option('--schedule <when>', 'cron expression, or @every 30s', '@every 30s')
    .option('--git-timeout <span>', 'time limit of one git operation', '60s')
    .option('--git-username <name>', 'user for git over HTTPS')
    .option('--trust-domain <name>', 'SPIFFE trust domain', 'cluster.local')
    .option('--xds-listen <host:port>', 'where proxies connect', '127.0.0.1:15128')
    .option(
      '--http-listen <host:port>',
      'health, metrics, status, POST /reconcile',
      '127.0.0.1:9091',
    )
    .addOption(
      new Option('--drift <mode>', 'what to do about foreign edits')
        .choices(['correct', 'report'])
        .default('correct'),
    )
    .addOption(
      new Option('--log-format <format>', 'lines for people or for machines')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addOption(
      new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('info'),
    )
    .action(async (flags: RunFlags) => {
      process.exitCode = await runControlPlane(toRunOptions(flags, process.env))
    })
}
