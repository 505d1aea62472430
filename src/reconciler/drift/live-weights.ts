/**
 * Whether the weights of a split in the cluster are the ones to follow. They are where the commit hands them to a controller, and
 * that controller, and nobody after it, set them within the bounds, beginning from what the commit declares now.
 *
 * A field manager is a name and no proof: who may write TrafficSplits is for the cluster's own rights to say. The bounds hold for
 * whoever uses the name.
 */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ServiceKey, toServiceKey } from '../../model/service-name.ts'
import type { WeightDelegation } from '../../policy/intent/traffic-split-intent.ts'
import { parseServiceReference } from '../../policy/kinds/fields/service-reference.ts'
import { isWeight, MAX_WEIGHT } from '../../policy/kinds/fields/weight.ts'
import {
  boundBroken,
  DECLARED_WEIGHTS,
  printDeclaredWeights,
  type Weighted,
} from '../../policy/kinds/fields/weight-delegation.ts'
import { isMap } from '../fields/field-tree.ts'
import { readClaims } from '../fields/ownership.ts'

/** A split whose weights are handed over, as the commit declares it. */
export interface DelegatedSplit {
  readonly backends: readonly Weighted[]
  readonly delegation: WeightDelegation
}

export type LiveWeights =
  /** In the order of the declared backends. */
  | { readonly type: 'followed'; readonly weights: readonly number[] }
  /** The declared weights hold. */
  | { readonly type: 'refused'; readonly reason: string }

/** Pure. `live` is the split in the cluster, if it is there. */
export function judgeLiveWeights(
  split: DelegatedSplit,
  live: KubernetesObject | undefined,
): LiveWeights {
  if (live === undefined) return refused('the split is not in the cluster')
  const declared = printDeclaredWeights(split.backends)
  const began = live.metadata.annotations?.[DECLARED_WEIGHTS]
  // A commit that declares other weights takes over; the controller goes on from those.
  if (began !== declared)
    return refused(
      `its ${DECLARED_WEIGHTS} is ${JSON.stringify(began ?? '')}, and the commit declares ${declared}`,
    )
  const writer = judgeWriter(live, split.delegation.manager)
  if (writer !== undefined) return refused(writer)
  const read = readBackends(live, split)
  return typeof read === 'string' ? refused(read) : judgeShares(split, read)
}

function refused(reason: string): LiveWeights {
  return { type: 'refused', reason }
}

/** A list of a custom resource is one value, so whoever wrote it last owns it, alone or with whoever wrote the same. */
function judgeWriter(live: KubernetesObject, manager: string): string | undefined {
  const owners = readClaims(live)
    .filter(({ fields, owner }) => {
      const backends = fields.members.get('f:spec')?.members.get('f:backends')
      return owner.subresource === undefined && backends?.owned === true
    })
    .map(({ owner }) => owner.manager)
  if (owners.includes(manager)) return undefined
  const others = owners.length === 0 ? 'nobody that the cluster knows' : owners.join(' and ')
  return `its weights were set by ${others}, and the commit hands them to ${manager}`
}

/** The live weights in the order of the declared backends, or what is wrong with them. */
function readBackends(
  live: KubernetesObject,
  { backends }: DelegatedSplit,
): readonly number[] | string {
  const namespace = live.metadata.namespace ?? ''
  const spec = live['spec']
  const items: unknown = isMap(spec) ? spec['backends'] : undefined
  const read = (Array.isArray(items) ? (items as readonly unknown[]) : []).map((item) =>
    readBackend(item, namespace),
  )
  const wrong = read.find((one) => typeof one === 'string')
  if (wrong !== undefined) return wrong
  const known = read.filter((one) => typeof one === 'object')
  const weights = new Map(known.map(({ key, weight }) => [key, weight]))
  const declared = backends.map(({ service }) => toServiceKey(service))
  const isSame = known.length === declared.length && declared.every((key) => weights.has(key))
  if (isSame) return declared.map((key) => weights.get(key) ?? 0)
  const found = known.map(({ key }) => key).join(', ')
  return `its backends are ${found === '' ? 'none' : found}, and the commit has ${declared.join(', ')}`
}

function readBackend(
  item: unknown,
  namespace: string,
): { readonly key: ServiceKey; readonly weight: number } | string {
  const { service, weight } = isMap(item) ? item : {}
  const name = typeof service === 'string' ? parseServiceReference(service, namespace) : undefined
  if (name?.ok !== true) return 'a backend of it names no service'
  if (!isWeight(weight))
    return `the weight of ${name.value.name} is ${JSON.stringify(weight)}, and a whole number from 0 to ${MAX_WEIGHT} is expected`
  return { key: toServiceKey(name.value), weight }
}

function judgeShares({ delegation }: DelegatedSplit, weights: readonly number[]): LiveWeights {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total === 0) return refused('every weight of it is 0, so the traffic would go nowhere')
  const broken = delegation.bounds
    .map((bound, index) => boundBroken(bound, weights[index] ?? 0, total))
    .filter((reason) => reason !== undefined)
  return broken.length === 0 ? { type: 'followed', weights } : refused(broken.join(', '))
}
