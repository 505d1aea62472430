/** The access relation as a graph: accounts, grouped by namespace, and one edge a pair with what it may do. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { AccessRow } from '../../policy/access/access-rows.ts'
import { toAccessColumns } from './access-columns.ts'

export interface AccessEdge {
  readonly source: string
  readonly destination: string
  /** One line a rule. */
  readonly rules: readonly string[]
}

export interface AccessGraph {
  /** Nodes by namespace, both sorted. The source `*` stands in a namespace of its own, ``. */
  readonly namespaces: ReadonlyMap<string, readonly string[]>
  readonly edges: readonly AccessEdge[]
}

export function toAccessGraph(rows: readonly AccessRow[]): AccessGraph {
  const edges = new Map<string, { source: string; destination: string; rules: string[] }>()
  for (const row of rows) {
    const key = `${row.source}>${row.destination}`
    const edge = edges.get(key) ?? { source: row.source, destination: row.destination, rules: [] }
    const [, , port = '', what = '', headers = ''] = toAccessColumns(row)
    edge.rules.push([port && `:${port}`, what, headers && `(${headers})`].filter(Boolean).join(' '))
    edges.set(key, edge)
  }
  const nodes = new Set([...edges.values()].flatMap((edge) => [edge.source, edge.destination]))
  const namespaces = new Map<string, string[]>()
  for (const node of [...nodes].sort(byCodeUnit)) {
    const namespace = node.includes('/') ? node.slice(0, node.indexOf('/')) : ''
    namespaces.set(namespace, [...(namespaces.get(namespace) ?? []), node])
  }
  return { namespaces, edges: [...edges.values()] }
}
