/** Finds the grants that concern an account, as destination or as source. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { keptKey, type ObjectKey } from '../../model/object-id.ts'
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
  const regroup = (accountsOf: AccountsOf, groups: GrantIndex['bySource'] | undefined) =>
    previous === undefined || groups === undefined
      ? group(grants.values, accountsOf)
      : changeGroups(groups, { before: previous.grants.values, after: grants.values, accountsOf })
  return {
    grants,
    byDestination: regroup(destinationOf, previous?.byDestination),
    bySource: regroup(sourcesOf, previous?.bySource),
  }
}

type AccountsOf = (grant: Grant) => readonly Grant['destination'][]

function destinationOf(grant: Grant): readonly Grant['destination'][] {
  return [grant.destination]
}

function sourcesOf(grant: Grant): readonly Grant['destination'][] {
  return grant.sources.map(({ account }) => account)
}

interface GrantChange {
  readonly before: ReadonlyMap<ObjectKey, Grant>
  readonly after: ReadonlyMap<ObjectKey, Grant>
  readonly accountsOf: AccountsOf
}

/** The same as `group` would make; groups in which nothing changed are the same objects. */
function changeGroups(
  groups: GrantIndex['bySource'],
  { before, after, accountsOf }: GrantChange,
): GrantIndex['bySource'] {
  const changed = new Set<ObjectKey>()
  for (const [key, grant] of after) if (before.get(key) !== grant) changed.add(key)
  for (const key of before.keys()) if (!after.has(key)) changed.add(key)
  const news = group(new Map([...after].filter(([key]) => changed.has(key))), accountsOf)
  const lost = [...changed].flatMap((key) => {
    const grant = before.get(key)
    return grant === undefined ? [] : accountsOf(grant).map(toAccountKey)
  })
  const next = new Map(groups)
  for (const account of new Set([...news.keys(), ...lost])) {
    const kept = (groups.get(account) ?? []).filter((grant) => !changed.has(keptKey(grant.id)))
    const own = [...kept, ...(news.get(account) ?? [])]
    if (own.length === 0) next.delete(account)
    else
      next.set(
        account,
        own.sort((a, b) => byCodeUnit(keptKey(a.id), keptKey(b.id))),
      )
  }
  return next
}

function group(
  grants: ReadonlyMap<ObjectKey, Grant>,
  accountsOf: AccountsOf,
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
