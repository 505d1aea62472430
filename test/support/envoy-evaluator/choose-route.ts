/** Which virtual host and route take a request. */
import type { Any } from '@bufbuild/protobuf/wkt'
import type {
  Route,
  RouteMatch,
  VirtualHost,
} from '../../../src/generated/envoy/config/route/v3/route_components_pb.js'
import type { RouteConfiguration } from '../../../src/generated/envoy/config/route/v3/route_pb.js'
import { type HttpRequest, matchHeader, pathOf } from './http-request.ts'
import { fullMatch } from './match-string.ts'
import { Unsupported } from './unsupported.ts'

export interface ChosenRoute {
  readonly route: Route
  /** Most specific first: a filter takes the first that names it. */
  readonly filterConfigs: readonly Readonly<Record<string, Any>>[]
}

/** `undefined` is a 404. */
export function chooseRoute(
  configuration: RouteConfiguration,
  request: HttpRequest,
): ChosenRoute | undefined {
  refuseDuplicates(configuration)
  const host = chooseHost(configuration.virtualHosts, request.authority.toLowerCase())
  const route = host?.routes.find(({ match }) => match !== undefined && matches(match, request))
  if (host === undefined || route === undefined) return undefined
  const filterConfigs = [route, host, configuration].map((level) => level.typedPerFilterConfig)
  return { route, filterConfigs }
}

function refuseDuplicates({ name, virtualHosts }: RouteConfiguration): void {
  const domains = virtualHosts.flatMap((host) => host.domains)
  if (new Set(domains).size !== domains.length)
    throw new Error(`${name} lists a domain twice: Envoy refuses this`)
}

function chooseHost(hosts: readonly VirtualHost[], authority: string): VirtualHost | undefined {
  const exact = hosts.find((host) => host.domains.includes(authority))
  if (hosts.some((host) => host.domains.some((domain) => /.\*|\*./.test(domain))))
    throw new Unsupported('domains with a wildcard inside')
  return exact ?? hosts.find((host) => host.domains.includes('*'))
}

function matches(match: RouteMatch, request: HttpRequest): boolean {
  const { pathSpecifier: specifier, headers, queryParameters } = match
  if (queryParameters.length > 0 || match.grpc || match.runtimeFraction)
    throw new Unsupported('this part of a route match')
  const path = pathOf(request)
  const isPath = (): boolean => {
    switch (specifier.case) {
      case 'safeRegex':
        return fullMatch(specifier.value.regex, path)
      case 'prefix':
        return path.startsWith(specifier.value)
      case 'path':
        return path === specifier.value
      case 'connectMatcher':
      case 'pathMatchPolicy':
      case 'pathSeparatedPrefix':
      case undefined:
        throw new Unsupported(`the path match ${specifier.case}`)
    }
  }
  return isPath() && headers.every((header) => matchHeader(header, request))
}
