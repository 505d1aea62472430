/** What a MeshConfig says, with defaults filled in. Without a MeshConfig the closed defaults hold. */
import type { Ms } from '../../model/clock.ts'
import type { SourceLocation } from '../../model/source-location.ts'

export interface MeshSettings {
  /** Allow all traffic inside the mesh (mTLS still enforced). Default false. */
  readonly permissive: boolean
  /** Pass traffic to destinations outside the mesh through. Default false. */
  readonly egressPassthrough: boolean
  /** Lifetime of workload certificates. Default 24 h. */
  readonly certificateValidityMs: Ms
  readonly tlsMinimum: 'TLSv1_2' | 'TLSv1_3'
  readonly tlsMaximum: 'TLSv1_2' | 'TLSv1_3'
  readonly cipherSuites: readonly string[]
  readonly ecdhCurves: readonly string[]
  readonly envoyLogLevel: string
  readonly outboundIpRangeExclusions: readonly string[]
  readonly outboundIpRangeInclusions: readonly string[]
  readonly outboundPortExclusions: readonly number[]
  readonly inboundPortExclusions: readonly number[]
  /** Absent when no MeshConfig is in the commit. */
  readonly location?: SourceLocation
}
