/** Waits for the API server to serve the kinds that were defined. */
import type { Clock, Ms } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { toObjectId } from '../../model/object-id.ts'
import type { Cluster } from '../../reconciler/cluster.ts'

const LOOK_AGAIN_MS: Ms = 200
/** An API server establishes a definition within a second or two. */
const LIMIT_MS: Ms = 60_000

interface Condition {
  readonly type: string
  readonly status: string
  readonly message?: string
}

/** Resolves to what keeps a definition from being served after a minute; to nothing when all are. Throws `ClusterError`. */
export async function waitEstablished(
  definitions: readonly KubernetesObject[],
  { cluster, clock }: { readonly cluster: Cluster; readonly clock: Clock },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const until = clock.monotonic() + LIMIT_MS
  let waiting = definitions
  for (;;) {
    const live = await Promise.all(waiting.map((object) => cluster.get(toObjectId(object))))
    const troubles = live.map(troubleOf)
    waiting = waiting.filter((_, index) => troubles[index] !== undefined)
    signal.throwIfAborted()
    if (waiting.length === 0) return []
    if (clock.monotonic() >= until)
      return waiting.map(({ metadata }) => {
        const trouble = troubles[live.findIndex((one) => one?.metadata.name === metadata.name)]
        return `${metadata.name}: ${trouble ?? 'it has been deleted'}`
      })
    await clock.sleep(LOOK_AGAIN_MS, signal)
  }
}

/** `undefined` for a definition whose kind is served. */
function troubleOf(definition: KubernetesObject | undefined): string | undefined {
  if (definition === undefined) return 'it has been deleted'
  const status = definition['status'] as { readonly conditions?: readonly Condition[] } | undefined
  // The API server writes null there before its controllers have looked.
  const conditions = status?.conditions ?? []
  const isTrue = (type: string) =>
    conditions.some((one) => one.type === type && one.status === 'True')
  if (isTrue('Established')) return undefined
  const refused = conditions.find(
    ({ type, status }) => type === 'NamesAccepted' && status === 'False',
  )
  return refused?.message ?? 'the API server has not established it'
}
