/** What one service account may ask of another, as sets: HTTP requests and TCP ports, per destination port. */
import type { Grant } from '../intent/grant.ts'
import type { MatchCompiler } from './match-compiler.ts'
import { RequestSet } from './request-set.ts'

/** A destination port, or every port that no grant of the pair singles out (D22). */
export type PortScope = number | 'any'

/** Ports that the grants single out, and `any` for the others; `any` comes first. */
export function portScopes(grants: readonly Grant[]): readonly PortScope[] {
  const ports = grants.flatMap((grant) => (grant.port === undefined ? [] : [grant.port]))
  return ['any', ...[...new Set(ports)].sort((a, b) => a - b)]
}

/** The grants that cover the port. */
export function grantsAt(grants: readonly Grant[], scope: PortScope): readonly Grant[] {
  return grants.filter((grant) => grant.port === undefined || grant.port === scope)
}

/** Requests that reach an HTTP port of the destination (D14: grants add up). */
export function httpAccess(
  grants: readonly Grant[],
  scope: PortScope,
  compiler: MatchCompiler,
): RequestSet {
  return grantsAt(grants, scope)
    .flatMap((grant) => grant.http)
    .reduce((set, { match }) => set.union(compiler.compile(match)), RequestSet.none)
}

/** TCP target ports that are open: all of them, or these. */
export type TcpPorts = 'any' | ReadonlySet<number>

/** Connections that reach a TCP port (D17: only TCPRoutes open them; a TCPRoute without ports opens all). */
export function tcpAccess(grants: readonly Grant[], scope: PortScope): TcpPorts {
  const ports = grantsAt(grants, scope).flatMap((grant) => grant.tcp.map((tcp) => tcp.ports))
  if (ports.includes('any')) return 'any'
  return new Set(ports.flatMap((some) => (some === 'any' ? [] : some)).sort((a, b) => a - b))
}
