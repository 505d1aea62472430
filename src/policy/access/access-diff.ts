/** Who could newly call what, and who no longer could, between two commits. Each change carries a concrete request. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { canonicalJson } from '../../model/canonical-json.ts'
import { type AccountKey, fromAccountKey } from '../../model/service-account.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { Grant } from '../intent/grant.ts'
import { type AccessRelation, fromPairKey, type PairKey } from './access-relation.ts'
import { AutomatonTooLargeError } from './language/nfa.ts'
import type { MatchCompiler } from './match-compiler.ts'
import { type OutsideAccess, outsideKey } from './outside-access.ts'
import {
  grantsAt,
  httpAccess,
  type PortScope,
  portScopes,
  type TcpPorts,
  tcpAccess,
} from './pair-access.ts'
import { type HttpRequest, type RequestSet, RequestSetTooLargeError } from './request-set.ts'

export type AccessChange = { readonly direction: 'gained' | 'lost' } & (
  | {
      /** Every identity of the mesh to every service of the namespace. */
      readonly type: 'namespace'
      readonly namespace: string
      readonly locations: readonly SourceLocation[]
    }
  /** A call that leaves or enters the mesh. */
  | {
      readonly type: 'outside'
      readonly access: OutsideAccess
      readonly locations: readonly SourceLocation[]
    }
  | (PairChange & {
      readonly type: 'http'
      readonly requests: RequestSet
      /** One of the requests. */
      readonly witness: HttpRequest
    })
  | (PairChange & {
      readonly type: 'tcp'
      readonly ports: TcpPortChange
    })
  /** The rules changed, and are too intricate to compare: a person has to. */
  | (PairChange & { readonly type: 'undecided'; readonly reason: string })
)

/** These ports, or every port but these. */
export interface TcpPortChange {
  readonly type: 'only' | 'all but'
  readonly ports: readonly number[]
}

interface PairChange {
  readonly source: AccountKey
  readonly destination: AccountKey
  readonly port: PortScope
  /** Where the grants stand that make the difference: in the new commit for a gain, in the old one for a loss. */
  readonly locations: readonly SourceLocation[]
}

export function accessDiff(
  before: AccessRelation,
  after: AccessRelation,
  compiler: MatchCompiler,
): readonly AccessChange[] {
  return [
    ...namespaceChanges(before, after, 'gained'),
    ...namespaceChanges(after, before, 'lost'),
    ...outsideChanges(before, after, 'gained'),
    ...outsideChanges(after, before, 'lost'),
    ...pairChanges(before, after, 'gained', compiler),
    ...pairChanges(after, before, 'lost', compiler),
  ]
}

function namespaceChanges(
  from: AccessRelation,
  to: AccessRelation,
  direction: AccessChange['direction'],
): readonly AccessChange[] {
  return [...to.open.values()]
    .filter(({ namespace }) => !from.open.has(namespace))
    .map(({ namespace, location }) => ({
      type: 'namespace',
      direction,
      namespace,
      locations: location === undefined ? [] : [location],
    }))
}

function outsideChanges(
  from: AccessRelation,
  to: AccessRelation,
  direction: AccessChange['direction'],
): readonly AccessChange[] {
  const known = new Set(from.outside.map(outsideKey))
  return to.outside
    .filter((access) => !known.has(outsideKey(access)))
    .map((access) => ({
      type: 'outside',
      direction,
      access,
      locations: access.location === undefined ? [] : [access.location],
    }))
}

const NO_GRANTS: readonly Grant[] = []

/** What pairs have in `to` that they do not have in `from`. Pairs whose grants are the same objects cost one comparison. */
function pairChanges(
  from: AccessRelation,
  to: AccessRelation,
  direction: AccessChange['direction'],
  compiler: MatchCompiler,
): readonly AccessChange[] {
  const changes: AccessChange[] = []
  const differing = [...to.grants].filter(
    ([pair, has]) => !sameGrants(from.grants.get(pair) ?? NO_GRANTS, has),
  )
  for (const [pair, has] of differing.sort(([a], [b]) => byCodeUnit(a, b))) {
    const had = from.grants.get(pair) ?? NO_GRANTS
    // An open namespace already allows, or allowed, whatever a grant says.
    const { namespace } = fromAccountKey(fromPairKey(pair).destination)
    if (from.open.has(namespace) || to.open.has(namespace)) continue
    changes.push(...decide({ pair, had, has, direction, compiler }))
  }
  return changes
}

type Comparison = Omit<Parameters<typeof scopeChanges>[0], 'scope'>

/** What holds on every port is said once; a port that stands alone is said where it differs. */
function decide(comparison: Comparison): readonly AccessChange[] {
  const { had, has } = comparison
  try {
    const [any = [], ...single] = portScopes([...had, ...has]).map((scope) =>
      scopeChanges({ ...comparison, scope }),
    )
    return [...any, ...single.flat().filter((change) => !any.some((all) => says(all, change)))]
  } catch (error) {
    if (!(error instanceof AutomatonTooLargeError || error instanceof RequestSetTooLargeError))
      throw error
    return undecided(comparison, error.message)
  }
}

/** Where there are rules on both sides, the gain that nobody can measure is said, and the loss goes without saying. */
function undecided({ pair, had, has, direction }: Comparison, reason: string): AccessChange[] {
  if (direction === 'lost' && had.length > 0) return []
  const rules = [...has, ...had].flatMap((grant) => grant.http)
  const locations = rules.map(({ location }) => location)
  return [{ type: 'undecided', direction, ...fromPairKey(pair), port: 'any', reason, locations }]
}

function says(all: AccessChange, change: AccessChange): boolean {
  if (all.type === 'http' && change.type === 'http') return all.requests.contains(change.requests)
  if (all.type !== 'tcp' || change.type !== 'tcp') return false
  return canonicalJson(all.ports) === canonicalJson(change.ports)
}

/** Whether they allow the same by what is written, wherever it stands. */
function sameGrants(a: readonly Grant[], b: readonly Grant[]): boolean {
  if (a.length !== b.length) return false
  if (a.every((grant, index) => grant === b[index])) return true
  const keys = (grants: readonly Grant[]) => grants.map(rulesKey).sort(byCodeUnit).join('\n')
  return keys(a) === keys(b)
}

const rulesKeys = new WeakMap<Grant, string>()

/** What the grant allows its sources, as text. */
function rulesKey(grant: Grant): string {
  const known = rulesKeys.get(grant)
  if (known !== undefined) return known
  const key = canonicalJson({
    port: grant.port ?? null,
    http: grant.http.map(({ match: { methods, pathRegex, headers } }) => ({
      methods,
      pathRegex,
      headers,
    })),
    tcp: grant.tcp.map(({ ports }) => ports),
  })
  rulesKeys.set(grant, key)
  return key
}

function scopeChanges(options: {
  readonly pair: PairKey
  readonly had: readonly Grant[]
  readonly has: readonly Grant[]
  readonly scope: PortScope
  readonly direction: AccessChange['direction']
  readonly compiler: MatchCompiler
}): readonly AccessChange[] {
  const { had, has, scope, direction, compiler } = options
  const before = httpAccess(had, scope, compiler)
  const requests = httpAccess(has, scope, compiler).minus(before)
  const witness = requests.witness()
  const ports = minusPorts(tcpAccess(has, scope), tcpAccess(had, scope))
  const base = { ...fromPairKey(options.pair), port: scope, direction }
  const changes: AccessChange[] = []
  if (witness !== undefined) {
    const locations = grantsAt(has, scope)
      .flatMap((grant) => grant.http)
      .filter(({ match }) => !before.contains(compiler.compile(match)))
      .map(({ location }) => location)
    changes.push({ ...base, type: 'http', requests, witness, locations })
  }
  if (ports.type === 'all but' || ports.ports.length > 0) {
    const locations = grantsAt(has, scope)
      .flatMap((grant) => grant.tcp)
      .map(({ location }) => location)
    changes.push({ ...base, type: 'tcp', ports, locations })
  }
  return changes
}

function minusPorts(ports: TcpPorts, without: TcpPorts): TcpPortChange {
  if (without === 'any') return { type: 'only', ports: [] }
  if (ports === 'any') return { type: 'all but', ports: [...without] }
  return { type: 'only', ports: [...ports].filter((port) => !without.has(port)) }
}
