/** The cluster that `plumb run` is told of, with what the control plane needs in it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServiceAccount } from '../../../model/service-account.ts'
import { type Cluster, ClusterError } from '../../../reconciler/cluster.ts'
import { clusterApi } from '../../../reconciler/cluster-api-server.ts'
import { openEmbeddedCluster } from '../../../reconciler/cluster-embedded.ts'
import { lockDirectory } from '../../../reconciler/embedded/directory-lock.ts'
import { installDefinitions } from '../../../reconciler/kubernetes/install-definitions.ts'
import { untilReachable } from '../../../reconciler/kubernetes/until-reachable.ts'
import { namespaceId } from '../../../reconciler/namespace-id.ts'
import type { Routes } from '../http-servers.ts'
import type { ClusterChoice, RunOptions } from '../run-options.ts'
import { CONTROL_NAMESPACE } from '../serving/control-plane-identity.ts'
import type { Shell } from '../shell.ts'

/** An API server that takes longer than this to take our definitions is in trouble. */
const INSTALL_LIMIT_MS = 60_000

export interface RunCluster {
  readonly cluster: Cluster
  /** Where other replicas may govern the same cluster. */
  readonly shared?: {
    /** The cluster with the rights of a service account of it. */
    readonly as: (account: ServiceAccount) => Cluster
    /** A connection of its own: a pause that the API server asks for must not cost the lead. */
    readonly election: Cluster
  }
  /** What the cluster adds to the socket on which the control plane is administered. */
  readonly administrative: readonly Routes[]
  close(): Promise<void>
}

/** Holds the data directory until it is closed. Throws `ClusterError`. */
export async function openCluster(
  run: RunOptions,
  shell: Shell,
  signal: AbortSignal,
): Promise<RunCluster> {
  return run.cluster.type === 'embedded'
    ? await openEmbedded(run, shell)
    : await openKubernetes(run.cluster, { run, shell, signal })
}

async function openEmbedded(run: RunOptions, shell: Shell): Promise<RunCluster> {
  const cluster = await openEmbeddedCluster({
    ...{ ...shell, directory: join(run.data, 'cluster') },
    namespaces: ['default', CONTROL_NAMESPACE],
  })
  const close = async () => await cluster.close()
  return { cluster, administrative: [clusterApi(cluster)], close }
}

/** The API server has an API of its own, so nothing of it is offered on our socket, with our rights. */
async function openKubernetes(
  { kubeconfig, context }: Extract<ClusterChoice, { type: 'kubernetes' }>,
  { run, shell, signal }: { run: RunOptions; shell: Shell; signal: AbortSignal },
): Promise<RunCluster> {
  // The client library takes a fifth of a second and 25 MB to load, which an embedded cluster need not pay.
  const { openKubernetesCluster } = await import('../../../reconciler/cluster-kubernetes.ts')
  const cluster = await openKubernetesCluster({
    ...shell,
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  })
  const election = cluster.apart()
  // The lock of an embedded cluster, so that no two control planes share a data directory, whatever they run on.
  const directory = join(run.data, 'cluster')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const lock = await lockDirectory(directory, shell.entropy)
  const close = async () => {
    cluster.close()
    election.close()
    await lock.release()
  }
  try {
    const prepare = async (): Promise<void> => {
      await ensureNamespace(cluster, CONTROL_NAMESPACE)
      const limit = AbortSignal.any([signal, AbortSignal.timeout(INSTALL_LIMIT_MS)])
      await installDefinitions({ ...shell, cluster }, limit)
    }
    await untilReachable(prepare, shell, signal)
    const shared = { election, as: (account: ServiceAccount) => cluster.as(account) }
    return { cluster, shared, administrative: [], close }
  } catch (error) {
    await close()
    throw error
  }
}

async function ensureNamespace(cluster: Cluster, name: string): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
  if ((await cluster.get(namespaceId(name))) !== undefined) return
  try {
    await cluster.create(namespace, { fieldManager: 'plumbline' })
  } catch (error) {
    if (!(error instanceof ClusterError && error.code === 'AlreadyExists')) throw error
  }
}
