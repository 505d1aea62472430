/** An IngressBackend: who outside the mesh may reach which ports of a service. */
import type { ObjectId } from '../../model/object-id.ts'
import type { ServiceName } from '../../model/service-name.ts'
import type { SourceLocation } from '../../model/source-location.ts'

export type IngressSource =
  | { readonly type: 'service'; readonly service: ServiceName; readonly location: SourceLocation }
  | { readonly type: 'principal'; readonly name: string; readonly location: SourceLocation }
  | { readonly type: 'range'; readonly cidr: string; readonly location: SourceLocation }

export interface IngressBackendPort {
  readonly service: ServiceName
  /** A target (container) port. */
  readonly port: number
  readonly protocol: 'http' | 'https'
  readonly skipClientCertValidation: boolean
  readonly sniHosts: readonly string[]
  readonly location: SourceLocation
}

export interface IngressPolicy {
  readonly id: ObjectId
  readonly location: SourceLocation
  readonly backends: readonly IngressBackendPort[]
  readonly sources: readonly IngressSource[]
}
