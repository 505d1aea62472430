/** Everything that an installation and its control plane have put into a cluster. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { ObjectKind } from '../../model/object-id.ts'
import { type Cluster, ClusterError, type ListOptions } from '../../reconciler/cluster.ts'
import { MESH_REPOSITORY } from '../../reconciler/repositories/mesh-repository-kind.ts'
import { appliedKinds } from '../../render/kubernetes/applied-kinds.ts'
import {
  customResourceDefinitions,
  MANAGED_BY,
} from '../../render/kubernetes/crds/custom-resource-definitions.ts'
import { CONTROL_NAMESPACE } from '../run/serving/control-plane-identity.ts'
import { rootSecretId } from '../run/serving/root-store-secret.ts'
import { INSTALLED_BY } from './install-objects.ts'

export interface Installation {
  /** What `plumb install` made, in the order in which it is taken away: what runs first, while it may still release its Lease. */
  readonly marked: readonly KubernetesObject[]
  /** CustomResourceDefinitions of ours. */
  readonly definitions: readonly KubernetesObject[]
  /** How many objects of those kinds there are, whoever made them. */
  readonly policyObjects: number
  readonly repositories: readonly KubernetesObject[]
  /** Of the mesh's root: that it is there. */
  readonly root: KubernetesObject | undefined
  readonly namespace: KubernetesObject | undefined
}

function kind(apiVersion: string, name: string): ObjectKind {
  const [version = '', group = ''] = apiVersion.split('/').toReversed()
  return { group, version, kind: name }
}

const NAMESPACE = kind('v1', 'Namespace')
const DEFINITION = kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition')
const INSTALLED_KINDS: readonly ObjectKind[] = [
  kind('apps/v1', 'Deployment'),
  kind('policy/v1', 'PodDisruptionBudget'),
  kind('networking.k8s.io/v1', 'NetworkPolicy'),
  kind('v1', 'Service'),
  kind('rbac.authorization.k8s.io/v1', 'RoleBinding'),
  kind('rbac.authorization.k8s.io/v1', 'Role'),
  kind('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'),
  kind('rbac.authorization.k8s.io/v1', 'ClusterRole'),
  kind('v1', 'ServiceAccount'),
]

/** Throws `ClusterError`. */
export async function findInstallation(cluster: Cluster): Promise<Installation> {
  const lists = await Promise.all(
    INSTALLED_KINDS.map((one) => list(cluster, one, { labels: INSTALLED_BY })),
  )
  const ours = new Set(customResourceDefinitions().map(({ metadata }) => metadata.name))
  const definitions = await list(cluster, DEFINITION, { labels: MANAGED_BY })
  const policies = await Promise.all(
    appliedKinds()
      .filter(({ group }) => group !== '')
      .map((one) => list(cluster, one)),
  )
  return {
    marked: lists.flat(),
    definitions: definitions.filter(({ metadata }) => ours.has(metadata.name)),
    policyObjects: policies.flat().length,
    repositories: await list(cluster, MESH_REPOSITORY, { namespace: CONTROL_NAMESPACE }),
    root: await cluster.get(rootSecretId(CONTROL_NAMESPACE)),
    namespace: await cluster.get({ ...NAMESPACE, namespace: '', name: CONTROL_NAMESPACE }),
  }
}

async function list(
  cluster: Cluster,
  of: ObjectKind,
  options?: ListOptions,
): Promise<readonly KubernetesObject[]> {
  try {
    return (await cluster.list(of, options)).items
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'KindNotServed') return []
    throw error
  }
}
