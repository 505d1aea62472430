/** What one TrafficTarget allows: its rules resolved to the matches they name. */
import type { ObjectId } from '../../model/object-id.ts'
import type { ServiceAccount } from '../../model/service-account.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { HttpMatch } from './http-match.ts'

/** A TCPRoute that a rule names. `any` opens every TCP port of the destination (a TCPRoute without ports). */
export interface TcpGrant {
  readonly route: ObjectId
  /** Target (container) ports, sorted. */
  readonly ports: 'any' | readonly number[]
  readonly location: SourceLocation
}

export interface GrantSource {
  readonly account: ServiceAccount
  readonly location: SourceLocation
}

/** An HTTP match and the rule of the TrafficTarget that names it. */
export interface HttpGrant {
  readonly match: HttpMatch
  /** The rule inside the TrafficTarget. */
  readonly location: SourceLocation
}

export interface Grant {
  readonly id: ObjectId
  readonly location: SourceLocation
  readonly destination: ServiceAccount
  /** Restricts the grant to one destination port (D22); absent for all. */
  readonly port?: number
  /** Sorted, without duplicates. Empty denies everybody (D16). */
  readonly sources: readonly GrantSource[]
  /** HTTP rules open HTTP ports only (D17). */
  readonly http: readonly HttpGrant[]
  readonly tcp: readonly TcpGrant[]
}
