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

export interface TrafficSplitIntent {
  readonly id: ObjectId
  readonly location: SourceLocation
  readonly root: ServiceName
  /** In the order written. */
  readonly backends: readonly SplitBackend[]
  /** Empty: the split governs every request. Otherwise requests that match none go to the root service. */
  readonly matches: readonly HttpMatch[]
}
