/** Calls that leave or enter the mesh, as the commit declares them: Egress, IngressBackend, and namespaces that pass traffic through. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { toAccountKey } from '../../model/service-account.ts'
import { type ServiceName, toServiceKey } from '../../model/service-name.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { EgressPolicy } from '../intent/egress-policy.ts'
import type { HttpMatch } from '../intent/http-match.ts'
import type { IngressPolicy, IngressSource } from '../intent/ingress-policy.ts'
import type { MeshIntent } from '../mesh-intent.ts'
import { printMethods, toMethodSet } from './method-set.ts'

interface OutsideEnds {
  /** An account, every account of a namespace (`shop/*`), or who is outside. */
  readonly source: string
  /** A host, a range, a service, or all that is outside. */
  readonly destination: string
  /** `https`, or `GET /path` for each match. */
  readonly what: string
  readonly location?: SourceLocation
}

export type OutsideAccess =
  | (OutsideEnds & { readonly direction: 'out' })
  | (OutsideEnds & {
      readonly direction: 'in'
      readonly service: ServiceName
      /** A target (container) port. */
      readonly port: number
    })

/** Of enrolled namespaces, sorted by source, destination and what. */
export function outsideAccess(
  intent: MeshIntent,
  enrolled: ReadonlySet<string>,
): readonly OutsideAccess[] {
  const found = [
    ...passedThrough(intent, enrolled),
    ...[...intent.egress.values()].flatMap((policy) => outgoing(policy, enrolled)),
    ...[...intent.ingress.values()].flatMap((policy) => incoming(policy, enrolled)),
  ]
  return found.sort((a, b) => byCodeUnit(outsideKey(a), outsideKey(b)))
}

/** Equal for what allows the same, wherever it stands. */
export function outsideKey({ source, destination, what }: OutsideEnds): string {
  return `${source}\n${destination}\n${what}`
}

function passedThrough(
  intent: MeshIntent,
  enrolled: ReadonlySet<string>,
): readonly OutsideAccess[] {
  const policies = new Map(
    Array.from(intent.meshPolicies.values(), (policy) => [policy.id.namespace, policy]),
  )
  return [...enrolled].flatMap((namespace): readonly OutsideAccess[] => {
    const policy = policies.get(namespace)
    const own = policy === undefined || policy.egress === 'inherit' ? undefined : policy
    const passes = own === undefined ? intent.mesh.egressPassthrough : own.egress === 'passthrough'
    const location = own?.location ?? intent.mesh.location
    if (!passes) return []
    const ends = { source: `${namespace}/*`, destination: 'outside the mesh', what: 'everything' }
    return [{ direction: 'out', ...ends, ...(location && { location }) }]
  })
}

function outgoing(policy: EgressPolicy, enrolled: ReadonlySet<string>): readonly OutsideAccess[] {
  return policy.sources
    .filter(({ account }) => enrolled.has(account.namespace))
    .flatMap(({ account, location }) =>
      policy.ports.flatMap(({ number, protocol }) =>
        [...policy.hosts, ...policy.ipAddresses].map(
          (place): OutsideAccess => ({
            direction: 'out',
            source: toAccountKey(account),
            destination: `${place}:${number}`,
            what: protocol === 'http' ? printMatches(policy.http) : protocol,
            location,
          }),
        ),
      ),
    )
}

function printMatches(matches: readonly HttpMatch[]): string {
  if (matches.length === 0) return 'http'
  return matches
    .map(({ methods, pathRegex, headers }) => {
      const fields = headers.map(({ name, valueRegex }) => `${name}: ${valueRegex}`)
      const suffix = fields.length === 0 ? '' : ` (${fields.join(', ')})`
      return `${printMethods(toMethodSet(methods))} ${pathRegex}${suffix}`
    })
    .sort(byCodeUnit)
    .join('; ')
}

function incoming(policy: IngressPolicy, enrolled: ReadonlySet<string>): readonly OutsideAccess[] {
  return policy.backends
    .filter(({ service }) => enrolled.has(service.namespace))
    .flatMap(({ service, port, protocol }) =>
      policy.sources.map(
        (source): OutsideAccess => ({
          direction: 'in',
          source: printSource(source),
          destination: `${toServiceKey(service)}:${port}`,
          what: protocol,
          service,
          port,
          location: source.location,
        }),
      ),
    )
}

function printSource(source: IngressSource): string {
  switch (source.type) {
    case 'service':
      return `service ${toServiceKey(source.service)}`
    case 'principal':
      return `certificate ${source.name}`
    case 'range':
      return `addresses ${source.cidr}`
  }
}
