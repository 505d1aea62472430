/** A cluster with a control namespace, and MeshRepositories with no more said than the test is about. */
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { anEmbeddedCluster } from './embedded-cluster.ts'
import type { FakeClock } from './fake-clock.ts'

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

/**
 * Steps the clock, a second at a time at most, and after each step lets the cluster answer: what it writes goes to a disk,
 * which steps with no clock.
 */
export function stepWith(
  cluster: Awaited<ReturnType<typeof anEmbeddedCluster>>,
  clock: FakeClock,
): (span: number) => Promise<void> {
  let underWay = 0
  const counted = <Args extends readonly unknown[], T>(call: (...args: Args) => Promise<T>) => {
    return async (...args: Args): Promise<T> => {
      underWay += 1
      try {
        return await call(...args)
      } finally {
        underWay -= 1
      }
    }
  }
  cluster.get = counted(cluster.get.bind(cluster))
  cluster.create = counted(cluster.create.bind(cluster))
  cluster.update = counted(cluster.update.bind(cluster))
  const answered = async () => {
    do await new Promise((resolve) => setImmediate(resolve))
    while (underWay > 0)
  }
  return async (span) => {
    await answered()
    for (let left = span; left > 0; left -= 1_000) {
      await clock.advance(Math.min(left, 1_000))
      await answered()
    }
  }
}
