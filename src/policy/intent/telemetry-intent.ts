/** A Telemetry: access logs and tracing of a selection of pods. */
import type { ObjectId } from '../../model/object-id.ts'
import type { SourceLocation } from '../../model/source-location.ts'

export interface TelemetryIntent {
  readonly id: ObjectId
  readonly location: SourceLocation
  /** The validated spec, defaults filled in. */
  readonly spec: Readonly<Record<string, unknown>>
}
