/** A TrafficSplit with weights brought to whole numbers (D11, D21) and matches resolved (D13). */
import type { ObjectId } from '../../model/object-id.ts'
import type { ServiceName } from '../../model/service-name.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { HttpMatch } from './http-match.ts'

export interface SplitBackend {
  readonly service: ServiceName
  /** A whole number ≥ 0; the weights of a split total at least 1. */
  readonly weight: number
  readonly location: SourceLocation
}

/** The part of the total that a backend may be given, in whole percent, both ends included. */
export interface WeightBound {
  readonly service: ServiceName
  readonly lower: number
  readonly upper: number
}

/** Who may set the weights in the cluster, and how far. */
export interface WeightDelegation {
  /** A field manager. */
  readonly manager: string
  /** One a backend, in their order; some weights meet them all. */
  readonly bounds: readonly WeightBound[]
}

export interface TrafficSplitIntent {
  readonly id: ObjectId
  readonly location: SourceLocation
  readonly root: ServiceName
  /** In the order written. */
  readonly backends: readonly SplitBackend[]
  /** Empty: the split governs every request. Otherwise requests that match none go to the root service. */
  readonly matches: readonly HttpMatch[]
  /** Where it is there, the weights are those the controller begins from, and they are within the bounds. */
  readonly delegation?: WeightDelegation
}

/** Whether traffic may come to the backend: by its weight, or by any weights within the bounds where those are delegated. */
export function mayReceive(
  { backends, delegation }: Pick<TrafficSplitIntent, 'backends' | 'delegation'>,
  index: number,
): boolean {
  if (delegation === undefined) return (backends[index]?.weight ?? 0) > 0
  // What the lower bounds of the others take up is not this one's, whatever its own upper bound.
  const others = delegation.bounds.filter((_, other) => other !== index)
  const taken = others.reduce((sum, { lower }) => sum + lower, 0)
  return Math.min(delegation.bounds[index]?.upper ?? 0, 100 - taken) > 0
}
