/** What of an installation is in a cluster already, and whose it is. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ObjectKey, toObjectId, toObjectKey } from '../../model/object-id.ts'
import { type Cluster, ClusterError } from '../../reconciler/cluster.ts'

export type LiveObjects = ReadonlyMap<ObjectKey, KubernetesObject>

export interface HelmRelease {
  readonly name: string
  readonly namespace: string
}

/** Those of the objects that are in the cluster, as they are there. Throws `ClusterError`. */
export async function surveyObjects(
  cluster: Cluster,
  objects: readonly KubernetesObject[],
): Promise<LiveObjects> {
  const live = await Promise.all(objects.map((object) => find(cluster, object)))
  return new Map(
    live
      .filter((object) => object !== undefined)
      .map((object) => [toObjectKey(toObjectId(object)), object]),
  )
}

async function find(
  cluster: Cluster,
  object: KubernetesObject,
): Promise<KubernetesObject | undefined> {
  try {
    return await cluster.get(toObjectId(object))
  } catch (error) {
    // The kind comes with the installation.
    if (error instanceof ClusterError && error.code === 'KindNotServed') return undefined
    throw error
  }
}

/** The release that one of the objects belongs to, by Helm's own annotations. */
export function findHelmRelease(objects: Iterable<KubernetesObject>): HelmRelease | undefined {
  for (const { metadata } of objects) {
    const name = metadata.annotations?.['meta.helm.sh/release-name']
    const namespace = metadata.annotations?.['meta.helm.sh/release-namespace']
    if (name !== undefined && namespace !== undefined) return { name, namespace }
  }
  return undefined
}
