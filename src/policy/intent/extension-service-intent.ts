/** An ExtensionService: a named service that filters may call. */
import type { ObjectId } from '../../model/object-id.ts'
import type { SourceLocation } from '../../model/source-location.ts'

export interface ExtensionServiceIntent {
  readonly id: ObjectId
  readonly location: SourceLocation
  /** The validated spec, defaults filled in. */
  readonly spec: Readonly<Record<string, unknown>>
}
