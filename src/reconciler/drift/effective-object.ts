/** What the commit wants of an object that stands as it does: where weights are handed over and followed, those are not ours to set. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { SplitBackend } from '../../policy/intent/traffic-split-intent.ts'
import { DELEGATE_WEIGHTS, readDelegation } from '../../policy/kinds/fields/weight-delegation.ts'
import { type DelegatedSplit, judgeLiveWeights, type LiveWeights } from './live-weights.ts'

/**
 * The same object where nothing is handed over, or where the declared weights hold. Otherwise the split without its backends:
 * server-side apply then leaves them to the controller, and takes nothing back that it writes in between.
 */
export function effectiveObject(
  object: KubernetesObject,
  live: KubernetesObject | undefined,
): KubernetesObject {
  return judgeDelegation(object, live)?.type === 'followed' ? withoutBackends(object) : object
}

/** `undefined` for an object that hands nothing over. */
export function judgeDelegation(
  object: KubernetesObject,
  live: KubernetesObject | undefined,
): LiveWeights | undefined {
  const split = delegatedSplit(object)
  return split && judgeLiveWeights(split, live)
}

function delegatedSplit({ metadata, ...object }: KubernetesObject): DelegatedSplit | undefined {
  const { namespace = '', annotations } = metadata
  if (object.kind !== 'TrafficSplit' || annotations?.[DELEGATE_WEIGHTS] === undefined)
    return undefined
  // As the commit's own kind wrote it: plain names and whole numbers. Without backends it is left to the controller already.
  const { backends = [] } = object['spec'] as { readonly backends?: readonly AppliedBackend[] }
  if (backends.length === 0) return undefined
  const weighted = backends.map(
    ({ service, weight }): Pick<SplitBackend, 'service' | 'weight'> => ({
      service: { namespace, name: service },
      weight,
    }),
  )
  const { delegation } = readDelegation(annotations, weighted)
  return delegation && { backends: weighted, delegation }
}

interface AppliedBackend {
  readonly service: string
  readonly weight: number
}

const handedOver = new WeakMap<KubernetesObject, KubernetesObject>()

/** The same object for the same declaration, so that what is known of it, as its hash, need not be worked out again. */
function withoutBackends(object: KubernetesObject): KubernetesObject {
  const known = handedOver.get(object)
  if (known !== undefined) return known
  const { backends: _, ...spec } = object['spec'] as Readonly<Record<string, unknown>>
  const bare = { ...object, spec }
  handedOver.set(object, bare)
  return bare
}
