/** The cluster that a command talks to: the embedded one of a control plane on this machine, or Kubernetes. */
import { resolve } from 'node:path'
import { type Cluster, ClusterError } from '../reconciler/cluster.ts'
import { connectClusterApi } from '../reconciler/cluster-api-client.ts'
import type { ClusterFlags } from './cluster-flags.ts'
import { UsageError } from './exit-code.ts'
import { defaultDataDirectory, type Environment, socketPath } from './run/run-options.ts'
import type { Shell } from './run/shell.ts'

export interface CommandCluster {
  readonly cluster: Cluster
  /** Which one it is, and how it was found: for messages. */
  readonly where: string
  close(): void
}

const NAMESPACE = { group: '', version: 'v1', kind: 'Namespace' } as const

/** Nobody listens on the socket, or there is none. */
const NOBODY_THERE = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED'])

/**
 * What the flags name. Without any, the embedded cluster of the control plane that answers in the data directory; where none
 * does, Kubernetes as kubectl finds it. Throws `UsageError` for flags that contradict each other and where there is neither,
 * `ClusterError` for a kubeconfig that names no API server.
 */
export async function openCommandCluster(
  flags: ClusterFlags,
  shell: Shell,
  environment: Environment,
): Promise<CommandCluster> {
  const { cluster, kubeconfig, context, data } = flags
  refuseContradiction(flags)
  if (cluster === 'kubernetes' || kubeconfig !== undefined || context !== undefined)
    return await openKubernetes(flags, shell, 'named by flags')
  const socket = socketPath(resolve(data ?? defaultDataDirectory(environment)))
  const found = await lookFor(socket)
  if (found.type === 'embedded') return found.opened
  if (cluster === 'embedded' || data !== undefined) throw new UsageError(found.message)
  try {
    return await openKubernetes(flags, shell, `found as kubectl finds it, because ${found.reason}`)
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error
    throw new UsageError(
      `there is no cluster to talk to: ${found.reason}, and ${error.message}. For an embedded cluster start its control plane with plumb run, or name its folder with --data`,
      { cause: error },
    )
  }
}

function refuseContradiction({ cluster, kubeconfig, context, data }: ClusterFlags): void {
  const ofKubernetes = kubeconfig !== undefined ? '--kubeconfig' : context && '--context'
  if (cluster === 'embedded' && ofKubernetes !== undefined)
    throw new UsageError(
      `${ofKubernetes} names a Kubernetes cluster, and --cluster embedded another; leave one of them out`,
    )
  const kubernetes = ofKubernetes ?? (cluster === 'kubernetes' ? '--cluster kubernetes' : undefined)
  if (data !== undefined && kubernetes !== undefined)
    throw new UsageError(
      `--data names an embedded cluster, and ${kubernetes} a Kubernetes cluster; leave one of them out`,
    )
}

type Found =
  | { readonly type: 'embedded'; readonly opened: CommandCluster }
  | { readonly type: 'none'; readonly reason: string; readonly message: string }

/** A control plane that governs Kubernetes listens on the socket as well, and serves no cluster there. */
async function lookFor(socket: string): Promise<Found> {
  const cluster = connectClusterApi({ socketPath: socket })
  try {
    await cluster.list(NAMESPACE)
    const where = `the embedded cluster at ${socket}`
    return { type: 'embedded', opened: { cluster, where, close: () => cluster.close() } }
  } catch (error) {
    cluster.close()
    const none = toNone(error, socket)
    if (none === undefined) throw error
    return none
  }
}

/** `undefined` for an error that does not say that no embedded cluster is there. */
function toNone(error: unknown, socket: string): Found | undefined {
  if (!(error instanceof ClusterError)) return undefined
  if (error.code === 'NotFound')
    return {
      type: 'none',
      reason: `the control plane at ${socket} governs a Kubernetes cluster`,
      message: `the control plane at ${socket} governs a Kubernetes cluster; name that with --kubeconfig or --context`,
    }
  const { code = '' } = (error.cause ?? {}) as NodeJS.ErrnoException
  if (!NOBODY_THERE.has(code)) return undefined
  const reason = `no control plane answers at ${socket}`
  return {
    type: 'none',
    reason,
    message: `${reason}; start one with plumb run, name its folder with --data, or a Kubernetes cluster with --kubeconfig`,
  }
}

async function openKubernetes(
  { kubeconfig, context }: ClusterFlags,
  shell: Shell,
  how: string,
): Promise<CommandCluster> {
  // The client library takes a fifth of a second and 25 MB to load, which an embedded cluster need not pay.
  const { openKubernetesCluster } = await import('../reconciler/cluster-kubernetes.ts')
  const cluster = await openKubernetesCluster({
    ...shell,
    ...(kubeconfig !== undefined && { kubeconfig: resolve(kubeconfig) }),
    ...(context !== undefined && { context }),
  })
  return { cluster, where: `the Kubernetes cluster ${how}`, close: () => cluster.close() }
}
