/** An Egress: which service accounts may reach which hosts outside the mesh. */
import type { ObjectId } from '../../model/object-id.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { GrantSource } from './grant.ts'
import type { HttpMatch } from './http-match.ts'

export interface EgressPort {
  readonly number: number
  readonly protocol: 'http' | 'https' | 'tcp' | 'tcp-server-first'
}

export interface EgressPolicy {
  readonly id: ObjectId
  readonly location: SourceLocation
  readonly sources: readonly GrantSource[]
  readonly hosts: readonly string[]
  /** IPv4 CIDRs. */
  readonly ipAddresses: readonly string[]
  readonly ports: readonly EgressPort[]
  /** Empty: any request. */
  readonly http: readonly HttpMatch[]
  /** The UpstreamTrafficSetting that the policy names. */
  readonly upstreamSetting?: ObjectId
}
