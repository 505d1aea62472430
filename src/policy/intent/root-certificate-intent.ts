/** A MeshRootCertificate: a certificate provider and its role. */
import type { ObjectId } from '../../model/object-id.ts'
import type { SourceLocation } from '../../model/source-location.ts'

export interface RootCertificateIntent {
  readonly id: ObjectId
  readonly location: SourceLocation
  /** The validated spec, defaults filled in. */
  readonly spec: Readonly<Record<string, unknown>>
}
