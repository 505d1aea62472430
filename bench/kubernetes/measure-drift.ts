/** From a foreign edit to the watch event that shows it put back, one object after the other. */
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import type { ObjectKind } from '../../src/model/object-id.ts'
import type { KubernetesCluster } from '../../src/reconciler/cluster-kubernetes.ts'

const TARGET: ObjectKind = {
  group: 'access.smi-spec.io',
  version: 'v1alpha3',
  kind: 'TrafficTarget',
}
/** An edit that is not put back by then is a fault, and no figure. */
const LIMIT_MS = 60_000

/** Each edit's time, from just before it is sent: longer than the drift lasted by one round trip. */
export async function measureDrift(
  cluster: KubernetesCluster,
  edits: number,
): Promise<readonly number[]> {
  const { items, resourceVersion } = await cluster.list(TARGET)
  // Spread over all, and each object once: somebody who edits one again and again is answered ever later.
  const step = Math.max(1, Math.floor(items.length / edits))
  const chosen = items.filter((_, at) => at % step === 0).slice(0, edits)
  const stop = new AbortController()
  const events = cluster.watch(TARGET, { resourceVersion, signal: stop.signal })
  const restored = new Restorations(events)
  const times: number[] = []
  for (const object of chosen) times.push(await edit(cluster, object, restored))
  stop.abort()
  await restored.ended
  return times
}

async function edit(
  cluster: KubernetesCluster,
  object: KubernetesObject,
  restored: Restorations,
): Promise<number> {
  const { apiVersion, kind, metadata } = object
  const { namespace = '', name } = metadata
  const back = restored.next(`${namespace}/${name}`, JSON.stringify(object['spec']))
  const spec = { ...(object['spec'] as object), sources: [intruder(namespace)] }
  const edited = { apiVersion, kind, metadata: { namespace, name }, spec }
  const startedAt = performance.now()
  await cluster.apply(edited, { fieldManager: 'bench-editor', force: true, dryRun: false })
  return (await back) - startedAt
}

function intruder(namespace: string): object {
  return { kind: 'ServiceAccount', name: 'intruder', namespace }
}

/** Who waits for an object to be what it was. */
class Restorations {
  readonly ended: Promise<void>
  readonly #waiting = new Map<
    string,
    { readonly spec: string; readonly resolve: (at: number) => void }
  >()
  readonly #edited = new Set<string>()

  constructor(events: ReturnType<KubernetesCluster['watch']>) {
    this.ended = this.#follow(events)
  }

  /** When it was seen to be that again, after it was not. */
  async next(key: string, spec: string): Promise<number> {
    return await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${key} was not put back`)), LIMIT_MS)
      this.#waiting.set(key, {
        spec,
        resolve: (at) => {
          clearTimeout(late)
          resolve(at)
        },
      })
    })
  }

  async #follow(events: ReturnType<KubernetesCluster['watch']>): Promise<void> {
    for await (const event of events) {
      if (event.type === 'bookmark') continue
      const { namespace, name } = event.object.metadata
      const key = `${namespace}/${name}`
      const waiting = this.#waiting.get(key)
      if (waiting === undefined) continue
      if (JSON.stringify(event.object['spec']) !== waiting.spec) this.#edited.add(key)
      else if (this.#edited.delete(key)) {
        this.#waiting.delete(key)
        waiting.resolve(performance.now())
      }
    }
  }
}
