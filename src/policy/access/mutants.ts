/** Wrong versions of a grant, one rule changed in each: what a policy test that is worth having would notice. */
import { printObjectId } from '../../model/object-id.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { Grant, HttpGrant, TcpGrant } from '../intent/grant.ts'

export interface Mutant {
  readonly type: 'drop' | 'widen'
  /** `drops match buy-books of HTTPRouteGroup bookstore/routes from TrafficTarget …`. */
  readonly description: string
  readonly location: SourceLocation
  /** What the grant would then be. */
  readonly grant: Grant
}

export function mutants(grant: Grant): readonly Mutant[] {
  const target = printObjectId(grant.id)
  const { port, ...unrestricted } = grant
  const sources = grant.sources.map(
    (source, index): Mutant => ({
      type: 'drop',
      location: source.location,
      description: `drops source ${source.account.namespace}/${source.account.name} from ${target}`,
      grant: { ...grant, sources: grant.sources.toSpliced(index, 1) },
    }),
  )
  const widePort: Mutant = {
    type: 'widen',
    location: grant.location,
    description: `widens ${target} from port ${port} to every port`,
    grant: unrestricted,
  }
  return [
    ...sources,
    ...(port === undefined ? [] : [widePort]),
    ...grant.http.flatMap((rule, index) => httpMutants(grant, rule, index)),
    ...grant.tcp.flatMap((rule, index) => tcpMutants(grant, rule, index)),
  ]
}

function httpMutants(grant: Grant, rule: HttpGrant, index: number): readonly Mutant[] {
  const name = `match ${rule.match.name} of ${printObjectId(rule.match.group)}`
  const target = printObjectId(grant.id)
  const widened = widenings(rule).map(
    ([part, wider]): Mutant => ({
      type: 'widen',
      location: rule.match.location,
      description: `widens the ${part} of ${name} in ${target}`,
      grant: { ...grant, http: grant.http.with(index, wider) },
    }),
  )
  return [
    {
      type: 'drop',
      location: rule.location,
      description: `drops ${name} from ${target}`,
      grant: { ...grant, http: grant.http.toSpliced(index, 1) },
    },
    ...widened,
  ]
}

function widenings(rule: HttpGrant): readonly (readonly [string, HttpGrant])[] {
  const { match } = rule
  const wider: (readonly [string, HttpGrant])[] = []
  if (match.pathRegex !== '.*')
    wider.push(['path', { ...rule, match: { ...match, pathRegex: '.*' } }])
  if (match.methods !== '*') wider.push(['methods', { ...rule, match: { ...match, methods: '*' } }])
  if (match.headers.length > 0)
    wider.push(['headers', { ...rule, match: { ...match, headers: [] } }])
  return wider
}

function tcpMutants(grant: Grant, rule: TcpGrant, index: number): readonly Mutant[] {
  const name = printObjectId(rule.route)
  const target = printObjectId(grant.id)
  const dropped: Mutant = {
    type: 'drop',
    location: rule.location,
    description: `drops ${name} from ${target}`,
    grant: { ...grant, tcp: grant.tcp.toSpliced(index, 1) },
  }
  const widened: Mutant = {
    type: 'widen',
    location: rule.location,
    description: `widens ${name} to every TCP port in ${target}`,
    grant: { ...grant, tcp: grant.tcp.with(index, { ...rule, ports: 'any' }) },
  }
  return rule.ports === 'any' ? [dropped] : [dropped, widened]
}
