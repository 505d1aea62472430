/** A cluster with a control namespace, and MeshRepositories with no more said than the test is about. */
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { anEmbeddedCluster } from './embedded-cluster.ts'

export const CONTROL_NAMESPACE = 'plumbline-system'
export const POLICIES_URL = 'https://git.example.com/mesh.git'

/** `spec.url` is set unless the spec has one. */
export function aMeshRepository(
  spec: Readonly<Record<string, unknown>> = {},
  metadata: Partial<KubernetesObject['metadata']> = {},
): KubernetesObject {
  return {
    apiVersion: 'plumbline.dev/v1alpha1',
    kind: 'MeshRepository',
    metadata: { name: 'policies', namespace: CONTROL_NAMESPACE, ...metadata },
    spec: { url: POLICIES_URL, ...spec },
  }
}

/** An embedded cluster that has the namespaces, for one test. */
export async function aControlCluster(
  ...more: readonly string[]
): Promise<Awaited<ReturnType<typeof anEmbeddedCluster>>> {
  const cluster = await anEmbeddedCluster()
  for (const name of [CONTROL_NAMESPACE, ...more])
    await cluster.create(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      { fieldManager: 'test' },
    )
  return cluster
}
