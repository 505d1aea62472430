/**
 * Who may call what, as the commit says it: the relation that policy tests, review and `why` all ask.
 * Pure data about pairs of service accounts; sets of requests are compiled only for the pairs somebody asks about.
 */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { type AccountKey, type ServiceAccount, toAccountKey } from '../../model/service-account.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { Grant } from '../intent/grant.ts'
import type { MeshIntent } from '../mesh-intent.ts'
import { type OutsideAccess, outsideAccess } from './outside-access.ts'

declare const pairKey: unique symbol
/** `source namespace/name>destination namespace/name`. */
export type PairKey = string & { readonly [pairKey]: true }

export function toPairKey(source: ServiceAccount, destination: ServiceAccount): PairKey {
  return `${toAccountKey(source)}>${toAccountKey(destination)}` as PairKey
}

/** A namespace whose services every identity of the mesh may call, and what says so. */
export interface OpenNamespace {
  readonly namespace: string
  /** The MeshPolicy or the MeshConfig. */
  readonly location?: SourceLocation
}

export interface AccessRelation {
  /** Namespaces whose pods have an identity and whose services can be called through the mesh. */
  readonly enrolled: ReadonlySet<string>
  readonly open: ReadonlyMap<string, OpenNamespace>
  /** Grants between enrolled namespaces, in the order of their keys. */
  readonly grants: ReadonlyMap<PairKey, readonly Grant[]>
  /** Every grant to an account, sorted by the key of its TrafficTarget; also those that nobody can use. */
  readonly byDestination: ReadonlyMap<AccountKey, readonly Grant[]>
  /** Calls that leave or enter the mesh. */
  readonly outside: readonly OutsideAccess[]
}

export function buildAccessRelation(intent: MeshIntent): AccessRelation {
  const enrolled = new Set<string>()
  for (const namespace of intent.namespaces.values())
    if (namespace.enrolled) enrolled.add(namespace.name)
  const grants = [...intent.grants].sort(([a], [b]) => byCodeUnit(a, b)).map(([, grant]) => grant)
  // Many more pairs than grants, and policy tests need none of them.
  let pairs: AccessRelation['grants'] | undefined
  return {
    enrolled,
    open: openNamespaces(intent, enrolled),
    get grants() {
      pairs ??= grantsByPair(grants, enrolled)
      return pairs
    },
    byDestination: Map.groupBy(grants, (grant) => toAccountKey(grant.destination)),
    outside: outsideAccess(intent, enrolled),
  }
}

/** A MeshPolicy of the namespace decides; where it says `inherit` or there is none, the MeshConfig does. */
function openNamespaces(
  intent: MeshIntent,
  enrolled: ReadonlySet<string>,
): ReadonlyMap<string, OpenNamespace> {
  const policies = new Map(
    Array.from(intent.meshPolicies.values(), (policy) => [policy.id.namespace, policy]),
  )
  const open = new Map<string, OpenNamespace>()
  for (const namespace of [...enrolled].sort(byCodeUnit)) {
    const policy = policies.get(namespace)
    const own = policy === undefined || policy.access === 'inherit' ? undefined : policy
    const isOpen = own === undefined ? intent.mesh.permissive : own.access === 'permissive'
    const location = own?.location ?? intent.mesh.location
    if (isOpen) open.set(namespace, { namespace, ...(location && { location }) })
  }
  return open
}

function grantsByPair(
  grants: readonly Grant[],
  enrolled: ReadonlySet<string>,
): ReadonlyMap<PairKey, readonly Grant[]> {
  const pairs = new Map<PairKey, Grant[]>()
  for (const grant of grants) {
    if (!enrolled.has(grant.destination.namespace)) continue
    for (const { account: source } of grant.sources) {
      if (!enrolled.has(source.namespace)) continue
      const key = toPairKey(source, grant.destination)
      const known = pairs.get(key)
      if (known === undefined) pairs.set(key, [grant])
      else known.push(grant)
    }
  }
  return pairs
}

/** The two accounts of a pair. */
export function fromPairKey(key: PairKey): {
  readonly source: AccountKey
  readonly destination: AccountKey
} {
  const [source = '', destination = ''] = key.split('>')
  return { source: source as AccountKey, destination: destination as AccountKey }
}
