/** Finds the grants that concern an account, as destination or as source. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { ObjectKey } from '../../model/object-id.ts'
import { type AccountKey, toAccountKey } from '../../model/service-account.ts'
import type { Grant } from '../../policy/intent/grant.ts'
import type { MeshIntent } from '../../policy/mesh-intent.ts'
import { type DerivedTable, derive } from './derive.ts'

export interface GrantIndex {
  /** The same objects as last time where they say the same, so that the rest compares by identity. */
  readonly grants: DerivedTable<ObjectKey, Grant>
  /** Sorted by the key of the TrafficTarget. */
  readonly byDestination: ReadonlyMap<AccountKey, readonly Grant[]>
  readonly bySource: ReadonlyMap<AccountKey, readonly Grant[]>
}

export function indexGrants(intent: MeshIntent, previous: GrantIndex | undefined): GrantIndex {
  const grants = derive({
    previous: previous?.grants,
    sources: [intent.grants],
    rows: function* () {
      for (const [key, grant] of intent.grants) yield [key, [grant]] as const
    },
    make: (grant) => grant,
  })
  if (previous !== undefined && previous.grants.values === grants.values)
    return { ...previous, grants }
  return {
    grants,
    byDestination: group(grants.values, (grant) => [grant.destination]),
    bySource: group(grants.values, (grant) => grant.sources.map(({ account }) => account)),
  }
}

function group(
  grants: ReadonlyMap<ObjectKey, Grant>,
  accountsOf: (grant: Grant) => readonly Grant['destination'][],
): ReadonlyMap<AccountKey, readonly Grant[]> {
  const groups = new Map<AccountKey, [ObjectKey, Grant][]>()
  for (const entry of grants)
    for (const account of accountsOf(entry[1])) {
      const key = toAccountKey(account)
      const known = groups.get(key)
      if (known === undefined) groups.set(key, [entry])
      else known.push(entry)
    }
  const sorted = new Map<AccountKey, readonly Grant[]>()
  for (const [account, own] of groups)
    sorted.set(
      account,
      own.sort(([a], [b]) => byCodeUnit(a, b)).map(([, grant]) => grant),
    )
  return sorted
}
