/** What an Egress means among the other objects of its commit: its matches resolved. */
import type { ObjectId } from '../../model/object-id.ts'
import type { Problem } from '../../model/problem.ts'
import type { EgressPolicy } from '../intent/egress-policy.ts'
import type { HttpMatch } from '../intent/http-match.ts'
import { HTTP_ROUTE_GROUP } from './http-route-group.ts'
import type { Declaration, Linked, LinkScope } from './kind-definition.ts'
import { judgeSourceNamespaces } from './link-namespaces.ts'
import { missingReference } from './missing-reference.ts'
import { UPSTREAM_TRAFFIC_SETTING } from './upstream-traffic-setting.ts'

export interface EgressPart {
  readonly policy: Omit<EgressPolicy, 'http' | 'upstreamSetting'>
  readonly matches: readonly {
    readonly kind: 'HTTPRouteGroup' | 'UpstreamTrafficSetting'
    readonly name: string
  }[]
}

interface ResolvedMatches {
  readonly http: readonly HttpMatch[]
  readonly upstreamSetting: ObjectId | undefined
  readonly problems: readonly Problem[]
}

export function linkEgress(part: EgressPart, declaration: Declaration, scope: LinkScope): Linked {
  const { http, upstreamSetting, problems } = resolve(part, declaration, scope)
  const policy: EgressPolicy = {
    ...part.policy,
    http,
    ...(upstreamSetting && { upstreamSetting }),
  }
  return {
    problems: [
      ...problems,
      ...routesWithoutPort(part, declaration),
      ...judgeSourceNamespaces(policy.sources, declaration, scope),
    ],
    contribute: (draft) => draft.egress.set(declaration.key, policy),
  }
}

function resolve(part: EgressPart, declaration: Declaration, scope: LinkScope): ResolvedMatches {
  const { id, place } = declaration
  const http: HttpMatch[] = []
  const problems: Problem[] = []
  let upstreamSetting: ObjectId | undefined
  part.matches.forEach(({ kind, name }, index) => {
    const wanted = { namespace: id.namespace, name }
    const missing = (code: 'PLB0401' | 'PLB0406', nearest: () => string | undefined) =>
      problems.push(
        place.problem(['spec', 'matches', index, 'name'], {
          code,
          ...missingReference(kind, wanted, nearest),
        }),
      )
    if (kind === 'HTTPRouteGroup') {
      const found = scope.find(HTTP_ROUTE_GROUP, wanted)
      if (found.type === 'found') http.push(...found.part.values())
      if (found.type === 'missing') missing('PLB0401', found.nearest)
    } else {
      const found = scope.find(UPSTREAM_TRAFFIC_SETTING, wanted)
      if (found.type === 'found') upstreamSetting = found.declaration.id
      if (found.type === 'missing') missing('PLB0406', found.nearest)
    }
  })
  return { http, upstreamSetting, problems }
}

/** Routes are compared on http ports only; on others they would let everything through, or nothing. */
function routesWithoutPort(part: EgressPart, { place }: Declaration): readonly Problem[] {
  if (part.policy.ports.some(({ protocol }) => protocol === 'http')) return []
  const index = part.matches.findIndex(({ kind }) => kind === 'HTTPRouteGroup')
  if (index < 0) return []
  return [
    place.problem(['spec', 'matches', index], {
      code: 'PLB0559',
      message:
        'the Egress limits requests by a route group and has no http port, the only kind whose requests can be seen',
      fix: 'make a port http, or remove the match',
    }),
  ]
}
