/** Asks the cluster, once a commit is applied, which pods get a sidecar. */
import type { InterceptionScope } from '../injector/interception-annotations.ts'
import { decideSidecar, type SidecarDecision } from '../injector/sidecar-decision.ts'
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import type { Cluster } from '../reconciler/cluster.ts'
import { toNamespaceObject } from './cluster-objects.ts'
import { meshInterception } from './mesh-interception.ts'
import { podKey } from './pod-state.ts'
import type { Workloads } from './workloads/workloads.ts'

const NAMESPACE = { group: '', version: 'v1', kind: 'Namespace' } as const
const MESH_CONFIG = {
  group: 'config.openservicemesh.io',
  version: 'v1alpha2',
  kind: 'MeshConfig',
} as const

export interface ChoiceOptions {
  readonly cluster: Cluster
  readonly workloads: Workloads
  /** Where the control plane's own objects are. */
  readonly controlNamespace: string
}

/**
 * By `podKey`. A namespace that the policy does not speak of is made, unenrolled, as its pods have to be somewhere.
 * Throws `ClusterError`.
 */
export async function chooseSidecars(
  options: ChoiceOptions,
): Promise<ReadonlyMap<string, SidecarDecision>> {
  const { cluster, workloads, controlNamespace } = options
  const { items } = await cluster.list(MESH_CONFIG, { namespace: controlNamespace })
  const mesh: InterceptionScope = meshInterception(items[0])
  const namespaces = new Map<string, KubernetesObject>()
  const { accounts, services, pods } = workloads
  for (const name of new Set([...accounts, ...services, ...pods].map((one) => one.namespace)))
    namespaces.set(name, await ensureNamespace(cluster, name))
  const decided = pods.map((pod) => {
    const namespace = namespaces.get(pod.namespace)?.metadata
    return [podKey(pod), decideSidecar({ pod, namespace, controlNamespace, mesh })] as const
  })
  return new Map(decided)
}

async function ensureNamespace(cluster: Cluster, name: string): Promise<KubernetesObject> {
  const there = await cluster.get({ ...NAMESPACE, namespace: '', name })
  if (there !== undefined) return there
  const options = { fieldManager: 'plumbline-lab', force: false, dryRun: false }
  return await cluster.apply(toNamespaceObject(name), options)
}
