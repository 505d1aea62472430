/** An UpstreamTrafficSetting: connection limits, retries and rate limits for one host. */
import type { ObjectId } from '../../model/object-id.ts'
import type { SourceLocation } from '../../model/source-location.ts'

export interface UpstreamSettingIntent {
  readonly id: ObjectId
  readonly location: SourceLocation
  /** The FQDN of a mesh service, or an egress host. */
  readonly host: string
  /** The validated spec, defaults filled in. */
  readonly spec: Readonly<Record<string, unknown>>
}
