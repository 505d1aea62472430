/** A request, as filters see it. */
import type { HeaderMatcher } from '../../../src/generated/envoy/config/route/v3/route_components_pb.js'
import { matchString } from './match-string.ts'
import { Unsupported } from './unsupported.ts'

export interface HttpRequest {
  readonly authority: string
  readonly method: string
  /** With its query. */
  readonly path: string
  /** By lowercase name. */
  readonly headers: Readonly<Record<string, string>>
}

/** Without query and fragment: routes and RBAC match on this. */
export function pathOf(request: HttpRequest): string {
  return request.path.replace(/[?#].*$/s, '')
}

function headerOf(request: HttpRequest, name: string): string | undefined {
  switch (name) {
    case ':method':
      return request.method
    case ':authority':
      return request.authority
    case ':path':
      return request.path
    default:
      return Object.hasOwn(request.headers, name) ? request.headers[name] : undefined
  }
}

/** envoy.config.route.v3.HeaderMatcher. A header that is absent matches no pattern. */
export function matchHeader(matcher: HeaderMatcher, request: HttpRequest): boolean {
  const { headerMatchSpecifier: specifier, invertMatch, treatMissingHeaderAsEmpty } = matcher
  const value =
    headerOf(request, matcher.name.toLowerCase()) ?? (treatMissingHeaderAsEmpty ? '' : undefined)
  if (specifier.case === 'presentMatch')
    return ((value !== undefined) === specifier.value) !== invertMatch
  if (specifier.case !== 'stringMatch') throw new Unsupported(`the header match ${specifier.case}`)
  if (value === undefined) return false
  return matchString(specifier.value, value) !== invertMatch
}
