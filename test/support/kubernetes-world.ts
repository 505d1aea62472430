/** The Kubernetes adapter before an API server that answers as the test says, on a stepped clock. */
import { onTestFinished } from 'vitest'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import type { WatchEvent } from '../../src/reconciler/cluster.ts'
import {
  type KubernetesCluster,
  openKubernetesCluster,
} from '../../src/reconciler/cluster-kubernetes.ts'
import { aConfigMap, CONFIG_MAP } from './cluster-objects.ts'
import { type Answer, aFakeApiServer, type FakeApiServer, json } from './fake-api-server.ts'
import { FakeClock } from './fake-clock.ts'
import { RecordingLogger } from './recording-logger.ts'
import { SeededEntropy } from './seeded-entropy.ts'

export interface KubernetesWorld {
  readonly server: FakeApiServer
  readonly cluster: KubernetesCluster
  readonly clock: FakeClock
}

/** The server answers in this order. */
export async function aKubernetesWorld(...answers: Answer[]): Promise<KubernetesWorld> {
  const server = await aFakeApiServer(...answers)
  const clock = new FakeClock()
  const cluster = await openKubernetesCluster({
    kubeconfig: await server.kubeconfig(),
    ...{ clock, entropy: new SeededEntropy(), log: new RecordingLogger() },
  })
  onTestFinished(() => cluster.close())
  return { server, cluster, clock }
}

export function storedMap(name: string, resourceVersion: string): KubernetesObject {
  const object = aConfigMap(name)
  return { ...object, metadata: { ...object.metadata, resourceVersion } }
}

export function mapEvent(type: string, name: string, resourceVersion: string): object {
  return { type, object: storedMap(name, resourceVersion) }
}

export function listed(resourceVersion: string, items: readonly KubernetesObject[] = []): Answer {
  return json(200, { metadata: { resourceVersion }, items })
}

export async function failure(action: Promise<unknown>): Promise<unknown> {
  return await action.then(
    (value) => ({ value }),
    ({ code, message, retryAfterMs }: Record<string, unknown>) => ({ code, message, retryAfterMs }),
  )
}

/** Everything a watch says before it fails, and how it does. */
export async function follow(cluster: KubernetesCluster, from = '5'): Promise<readonly unknown[]> {
  const said: unknown[] = []
  const signal = new AbortController().signal
  try {
    for await (const one of cluster.watch(CONFIG_MAP, { resourceVersion: from, signal }))
      said.push(print(one))
  } catch (error) {
    said.push((error as { readonly code?: string }).code ?? error)
  }
  return said
}

function print(one: WatchEvent): string {
  return one.type === 'bookmark'
    ? `bookmark ${one.resourceVersion}`
    : `${one.type} ${one.object.metadata.name}`
}

/** Lets the network happen; the test's own time limit bounds it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** The same, with time going on in steps. */
export async function untilLater(
  { clock }: KubernetesWorld,
  stepMs: number,
  holds: () => boolean,
): Promise<void> {
  while (!holds()) {
    await clock.advance(stepMs)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
