/** Plumbline's own client to a server that is measured, for whatever is not measured itself. */
import { SystemClock } from '../../src/cli/system-clock.ts'
import { SystemEntropy } from '../../src/cli/system-entropy.ts'
import {
  type KubernetesCluster,
  openKubernetesCluster,
} from '../../src/reconciler/cluster-kubernetes.ts'
import { installDefinitions } from '../../src/reconciler/kubernetes/install-definitions.ts'
import type { AuditedServer } from './audited-server.ts'

const clock = new SystemClock()
const silent = () => undefined
const log = { debug: silent, info: silent, warn: console.warn, error: console.error }
const INSTALL_LIMIT_MS = 120_000

/** Signs in as whoever edits what others have applied. */
export async function clusterOf({ kube }: AuditedServer): Promise<KubernetesCluster> {
  const entropy = new SystemEntropy()
  const { kubeconfig } = kube
  return await openKubernetesCluster({ clock, entropy, log, kubeconfig, context: 'editor' })
}

/** Before anything is measured, so that kubectl and we begin with the same server. */
export async function installKinds(server: AuditedServer): Promise<void> {
  const cluster = await clusterOf(server)
  await installDefinitions({ cluster, clock, log }, AbortSignal.timeout(INSTALL_LIMIT_MS))
  cluster.close()
}
