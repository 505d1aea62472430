/** What a TrafficSplit means among the other objects of its commit: its matches resolved. */
import type { Problem } from '../../model/problem.ts'
import { type ServiceName, toServiceKey } from '../../model/service-name.ts'
import type { HttpMatch } from '../intent/http-match.ts'
import type {
  SplitBackend,
  TrafficSplitIntent,
  WeightDelegation,
} from '../intent/traffic-split-intent.ts'
import { HTTP_ROUTE_GROUP } from './http-route-group.ts'
import type { Declaration, Linked, LinkScope } from './kind-definition.ts'
import { missingReference } from './missing-reference.ts'
import { splitSlot } from './slots.ts'

export interface TrafficSplitPart {
  readonly root: ServiceName
  readonly backends: readonly SplitBackend[]
  /** Names of HTTPRouteGroups in the split's namespace. */
  readonly matches: readonly string[]
  readonly delegation: WeightDelegation | undefined
}

export function linkSplit(
  part: TrafficSplitPart,
  declaration: Declaration,
  scope: LinkScope,
): Linked {
  const { matches, problems } = resolveMatches(part, declaration, scope)
  const { id, location } = declaration
  const split: TrafficSplitIntent = {
    id,
    location,
    root: part.root,
    backends: part.backends,
    matches,
    ...(part.delegation !== undefined && { delegation: part.delegation }),
  }
  const root = toServiceKey(part.root)
  return {
    problems: [...problems, ...chainedBackends(part, declaration, scope)],
    contribute: (draft) => {
      draft.splits.set(root, [...(draft.splits.get(root) ?? []), split])
    },
  }
}

/** "If multiple HTTP route groups are specified, all routes will be merged into a single group" (traffic split v1alpha4). */
function resolveMatches(
  part: TrafficSplitPart,
  { id, place }: Declaration,
  scope: LinkScope,
): { matches: readonly HttpMatch[]; problems: readonly Problem[] } {
  const matches: HttpMatch[] = []
  const problems: Problem[] = []
  part.matches.forEach((name, index) => {
    const found = scope.find(HTTP_ROUTE_GROUP, { namespace: id.namespace, name })
    if (found.type === 'found') matches.push(...found.part.values())
    if (found.type !== 'missing') return
    problems.push(
      place.problem(['spec', 'matches', index, 'name'], {
        code: 'PLB0401',
        ...missingReference('HTTPRouteGroup', { ...id, name }, found.nearest),
      }),
    )
  })
  return { matches, problems }
}

/** Splits do not chain: a backend's own split is for those who call the backend by its name. */
function chainedBackends(
  { root, backends }: TrafficSplitPart,
  { place }: Declaration,
  scope: LinkScope,
): readonly Problem[] {
  return backends.flatMap(({ service }, index) => {
    if (toServiceKey(service) === toServiceKey(root)) return []
    const other = scope.claimant(splitSlot(service))
    if (other === undefined) return []
    return [
      place.problem(['spec', 'backends', index, 'service'], {
        code: 'PLB0606',
        message: `the backend ${service.name} has a split of its own, ${other.id.name}, which this traffic does not pass: splits do not chain`,
        fix: 'name the backends of that split here, or remove it',
        related: [other.place.locate(['metadata', 'name'])],
      }),
    ]
  })
}
