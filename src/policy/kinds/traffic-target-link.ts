/** What a TrafficTarget grants among the other objects of its commit: its rules resolved to matches and ports. */

import { nearestName } from '../../model/nearest-name.ts'
import type { Problem } from '../../model/problem.ts'
import type { ServiceAccount } from '../../model/service-account.ts'
import type { DocumentPath } from '../document.ts'
import type { Grant, GrantSource, HttpGrant, TcpGrant } from '../intent/grant.ts'
import { covers } from './fields/covers.ts'
import { HTTP_ROUTE_GROUP, writtenMatchNames } from './http-route-group.ts'
import type { Declaration, Linked, LinkScope } from './kind-definition.ts'
import { judgeSourceNamespaces } from './link-namespaces.ts'
import { missingReference } from './missing-reference.ts'
import { TCP_ROUTE } from './tcp-route.ts'

export interface TrafficTargetPart {
  readonly destination: ServiceAccount
  /** D22. */
  readonly port?: number
  /** Sorted, without duplicates. */
  readonly sources: readonly GrantSource[]
  readonly rules: readonly TrafficTargetRule[]
}

export interface TrafficTargetRule {
  readonly kind: string
  readonly name: string
  /** `undefined`: every match of the group (D1). */
  readonly matches: readonly string[] | undefined
}

export function linkGrant(
  part: TrafficTargetPart,
  declaration: Declaration,
  scope: LinkScope,
): Linked {
  const http: HttpGrant[] = []
  const tcp: TcpGrant[] = []
  const problems: Problem[] = []
  part.rules.forEach((rule, index) => {
    const path = ['spec', 'rules', index]
    if (rule.kind === 'HTTPRouteGroup') {
      const linked = linkHttpRule({ rule, path, declaration, scope })
      http.push(...linked.grants)
      problems.push(...linked.problems)
    } else if (rule.kind === 'TCPRoute') {
      const linked = linkTcpRule({ rule, path, declaration, scope })
      tcp.push(...linked.grants)
      problems.push(...linked.problems)
    }
  })
  const { destination, port, sources } = part
  const { id, location } = declaration
  const grant: Grant = {
    id,
    location,
    destination,
    ...(port !== undefined && { port }),
    sources,
    http,
    tcp,
  }
  return {
    problems: [
      ...problems,
      ...judgeSourceNamespaces(sources, declaration, scope),
      ...coveredMatches(http, declaration),
    ],
    contribute: (draft) => draft.grants.set(declaration.key, grant),
  }
}

interface RuleInScope {
  readonly rule: TrafficTargetRule
  readonly path: DocumentPath
  readonly declaration: Declaration
  readonly scope: LinkScope
}

/** D1 and D6. */
function linkHttpRule({ rule, path, declaration, scope }: RuleInScope): {
  grants: readonly HttpGrant[]
  problems: readonly Problem[]
} {
  const { place, id } = declaration
  const found = scope.find(HTTP_ROUTE_GROUP, { namespace: id.namespace, name: rule.name })
  if (found.type === 'unusable')
    return {
      grants: [],
      problems: missingFrom(writtenMatchNames(found.written), { rule, path, place }),
    }
  if (found.type === 'missing')
    return {
      grants: [],
      problems: [
        place.problem([...path, 'name'], {
          code: 'PLB0401',
          ...missingReference('HTTPRouteGroup', { ...id, name: rule.name }, found.nearest),
        }),
      ],
    }
  const group = found.part
  const names = rule.matches ?? [...group.keys()]
  const location = place.locate(path)
  const grants = names.flatMap((name, index): readonly HttpGrant[] => {
    const match = group.get(name)
    if (match === undefined) return []
    const at = [...path, 'matches', index]
    return [{ match, location: rule.matches === undefined ? location : place.locate(at) }]
  })
  return { grants, problems: missingFrom([...group.keys()], { rule, path, place }) }
}

/** Names of the rule that are none of the group's. A group with mistakes of its own hides none of them. */
function missingFrom(
  known: readonly string[] | undefined,
  { rule, path, place }: Pick<RuleInScope, 'rule' | 'path'> & Pick<Declaration, 'place'>,
): readonly Problem[] {
  if (known === undefined) return []
  return (rule.matches ?? []).flatMap((name, index) =>
    known.includes(name)
      ? []
      : [place.problem([...path, 'matches', index], noSuchMatch(name, rule.name, known))],
  )
}

function noSuchMatch(name: string, groupName: string, known: readonly string[]) {
  const nearest = nearestName(name, known)
  return {
    code: 'PLB0402',
    message: `HTTPRouteGroup ${groupName} has no match named ${JSON.stringify(name)}; it has ${known.join(', ')}`,
    fix: nearest === undefined ? 'name one of its matches' : `write ${nearest}`,
  } as const
}

function linkTcpRule({ rule, path, declaration, scope }: RuleInScope): {
  grants: readonly TcpGrant[]
  problems: readonly Problem[]
} {
  const { place, id } = declaration
  const found = scope.find(TCP_ROUTE, { namespace: id.namespace, name: rule.name })
  if (found.type === 'unusable') return { grants: [], problems: [] }
  if (found.type === 'found')
    return {
      grants: [{ route: found.declaration.id, ports: found.part, location: place.locate(path) }],
      problems: [],
    }
  return {
    grants: [],
    problems: [
      place.problem([...path, 'name'], {
        code: 'PLB0403',
        ...missingReference('TCPRoute', { ...id, name: rule.name }, found.nearest),
      }),
    ],
  }
}

/** A match that an earlier one of the same TrafficTarget covers grants nothing more. */
function coveredMatches(http: readonly HttpGrant[], { place }: Declaration): readonly Problem[] {
  return http.flatMap((grant, index) => {
    const earlier = http.slice(0, index).find((other) => covers(other.match, grant.match))
    if (earlier === undefined) return []
    const { group, name } = earlier.match
    return [
      {
        ...place.problem(['spec', 'rules'], {
          code: 'PLB0612',
          message: `the match ${grant.match.name} of ${grant.match.group.name} allows nothing that ${name} of ${group.name} does not allow already`,
          fix: 'remove it, or narrow the other',
          related: [earlier.location],
        }),
        location: grant.location,
      },
    ]
  })
}
