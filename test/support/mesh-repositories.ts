/** MeshRepositories for tests, with no more said than the test is about. */
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'

export const POLICIES_URL = 'https://git.example.com/mesh.git'

/** `spec.url` is set unless the spec has one. */
export function aMeshRepository(
  spec: Readonly<Record<string, unknown>> = {},
  metadata: Partial<KubernetesObject['metadata']> = {},
): KubernetesObject {
  return {
    apiVersion: 'plumbline.dev/v1alpha1',
    kind: 'MeshRepository',
    metadata: { name: 'policies', namespace: 'plumbline-system', ...metadata },
    spec: { url: POLICIES_URL, ...spec },
  }
}
