/** One match of an HTTPRouteGroup, with defaults filled in. */
import type { ObjectId } from '../../model/object-id.ts'
import type { SourceLocation } from '../../model/source-location.ts'

/** The methods that policies can name. */
export const HTTP_METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'TRACE',
] as const

export type HttpMethod = (typeof HTTP_METHODS)[number]

export interface HeaderMatch {
  /** As written, lowercased; `:authority` for the key `host` (D12). */
  readonly name: string
  /** RE2, full match. */
  readonly valueRegex: string
}

export interface HttpMatch {
  readonly group: ObjectId
  readonly name: string
  /** RE2, full match against the path without its query. `.*` when left out. */
  readonly pathRegex: string
  /** `*` is any method. Otherwise sorted, without duplicates. */
  readonly methods: '*' | readonly HttpMethod[]
  /** All must match. Sorted by name. */
  readonly headers: readonly HeaderMatch[]
  readonly location: SourceLocation
}
