/** A question about one call, and its answer with the lines that decide it. */
import type { ObjectId } from '../../model/object-id.ts'
import type { ServiceAccount } from '../../model/service-account.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { HttpRequest } from './request-set.ts'

export interface AccessQuestion {
  readonly source: ServiceAccount
  readonly destination: ServiceAccount
  /** The target (container) port; absent asks about any port that no grant singles out. */
  readonly port?: number
  /** Absent asks about a connection to a TCP port. `path` is as sent, and may have a query. */
  readonly request?: HttpRequest
  /** The host that the request names, where its `:authority` does not say; rules that match on it deny when both are absent. */
  readonly host?: string
}

/** The rule that came closest to allowing the call, and what about it failed. */
export interface NearMiss {
  readonly trafficTarget: ObjectId
  readonly location: SourceLocation
  readonly failed: readonly MissedPart[]
}

export type MissedPart =
  | { readonly type: 'source' }
  | { readonly type: 'port'; readonly wanted: number | readonly number[] }
  | { readonly type: 'method'; readonly wanted: readonly string[] }
  | { readonly type: 'path'; readonly wanted: string }
  | { readonly type: 'header'; readonly name: string; readonly wanted: string }

export type AccessAnswer =
  | {
      readonly allowed: true
      readonly reason: 'granted' | 'open namespace'
      /** Every rule that allows it. */
      readonly locations: readonly SourceLocation[]
    }
  | {
      readonly allowed: false
      readonly reason:
        | 'source not enrolled'
        | 'destination not enrolled'
        /** The sidecar answers 400, whoever asks. */
        | 'path refused'
        | 'no rule allows it'
      readonly nearest?: NearMiss
    }
