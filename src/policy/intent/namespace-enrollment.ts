/** What a Namespace document says about its part in the mesh (reference: OSM's labels and annotations). */
import type { SourceLocation } from '../../model/source-location.ts'

export interface NamespaceEnrollment {
  readonly name: string
  /** `openservicemesh.io/monitored-by` is set and `openservicemesh.io/ignore` is not. */
  readonly enrolled: boolean
  /** The value of `openservicemesh.io/monitored-by`. */
  readonly meshName?: string
  readonly sidecarInjection: 'enabled' | 'disabled' | 'unset'
  readonly metrics: boolean
  readonly location: SourceLocation
}
