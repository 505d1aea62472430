/** The access relation as rows: who, whom, what, and the line that says so. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { AccountKey } from '../../model/service-account.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { Grant } from '../intent/grant.ts'
import { type AccessRelation, fromPairKey } from './access-relation.ts'
import type { OutsideAccess } from './outside-access.ts'

interface RowEnds {
  /** `*` for every identity of the mesh. */
  readonly source: AccountKey | '*'
  /** `namespace/*` for every account of a namespace that is open. */
  readonly destination: AccountKey | `${string}/*`
  /** Set where the grant covers one destination port only. */
  readonly port?: number
  /** Absent for a namespace opened by the mesh's default. */
  readonly location?: SourceLocation
}

export type AccessRow =
  | (RowEnds & { readonly type: 'open' })
  | (RowEnds & {
      readonly type: 'http'
      readonly methods: readonly string[]
      readonly path: string
      readonly headers: Readonly<Record<string, string>>
    })
  | (RowEnds & { readonly type: 'tcp'; readonly ports: 'any' | readonly number[] })
  /** A call that leaves or enters the mesh. */
  | OutsideRow

interface OutsideRow {
  readonly type: 'outside'
  readonly direction: 'in' | 'out'
  readonly source: string
  readonly destination: string
  readonly port?: number
  readonly what: string
  readonly location?: SourceLocation
}

function toOutsideRow({
  direction,
  source,
  destination,
  what,
  location,
}: OutsideAccess): OutsideRow {
  return { type: 'outside', direction, source, destination, what, ...(location && { location }) }
}

/** Sorted by source, destination and the order of the grants. */
export function accessRows(relation: AccessRelation): readonly AccessRow[] {
  const open = [...relation.open.values()].map(
    ({ namespace, location }): AccessRow => ({
      type: 'open',
      source: '*',
      destination: `${namespace}/*`,
      ...(location && { location }),
    }),
  )
  const granted = [...relation.grants]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .flatMap(([pair, grants]) => grants.flatMap((grant) => grantRows(fromPairKey(pair), grant)))
  const outside = relation.outside.map(toOutsideRow)
  return [...open, ...granted, ...outside]
}

function grantRows(pair: ReturnType<typeof fromPairKey>, grant: Grant): readonly AccessRow[] {
  const ends = { ...pair, ...(grant.port !== undefined && { port: grant.port }) }
  return [
    ...grant.http.map(
      ({ match, location }): AccessRow => ({
        ...ends,
        type: 'http',
        methods: match.methods === '*' ? ['*'] : match.methods,
        path: match.pathRegex,
        headers: Object.fromEntries(
          match.headers.map((header) => [header.name, header.valueRegex]),
        ),
        location,
      }),
    ),
    ...grant.tcp.map(
      ({ ports, location }): AccessRow => ({ ...ends, type: 'tcp', ports, location }),
    ),
  ]
}
