/**
 * The one incremental step that building a snapshot is made of: a table whose rows are computed from inputs, where a row whose
 * inputs are the same objects as last time is not computed again, and a row that comes out equal keeps its identity.
 */
import { sameValue } from './same-value.ts'

interface Row<V> {
  readonly inputs: readonly unknown[]
  readonly value: V
}

export interface DerivedTable<K, V> {
  readonly sources: readonly unknown[]
  readonly rows: ReadonlyMap<K, Row<V>>
  /** The same map as last time when no row was added, removed or came out different. */
  readonly values: ReadonlyMap<K, V>
}

export interface Derivation<K, V, I extends readonly unknown[]> {
  /** The table as it was derived last. */
  readonly previous: DerivedTable<K, V> | undefined
  /** What `rows` reads. When all of it is the same as last time the table is, and no row is looked at. */
  readonly sources: readonly unknown[]
  /** Keys, each with the inputs of its row. A key that comes twice keeps its first row. */
  readonly rows: () => Iterable<readonly [K, Readonly<I>]>
  /** A pure function of its inputs. */
  readonly make: (...inputs: Readonly<I>) => V
}

export function derive<K, V, I extends readonly unknown[]>(
  derivation: Derivation<K, V, I>,
): DerivedTable<K, V> {
  const { previous, sources, make } = derivation
  if (previous !== undefined && sameObjects(previous.sources, sources)) return previous
  const rows = new Map<K, Row<V>>()
  let kept = 0
  for (const [key, inputs] of derivation.rows()) {
    if (rows.has(key)) continue
    const old = previous?.rows.get(key)
    const row = nextRow(old, inputs, make)
    if (old !== undefined && row.value === old.value) kept += 1
    rows.set(key, row)
  }
  const unchanged = previous !== undefined && kept === rows.size && kept === previous.rows.size
  return { sources, rows, values: unchanged ? previous.values : valuesOf(rows) }
}

function nextRow<V, I extends readonly unknown[]>(
  old: Row<V> | undefined,
  inputs: Readonly<I>,
  make: (...inputs: Readonly<I>) => V,
): Row<V> {
  if (old !== undefined && sameObjects(old.inputs, inputs)) return old
  const value = make(...inputs)
  return { inputs, value: old !== undefined && sameValue(old.value, value) ? old.value : value }
}

function valuesOf<K, V>(rows: ReadonlyMap<K, Row<V>>): ReadonlyMap<K, V> {
  const values = new Map<K, V>()
  for (const [key, row] of rows) values.set(key, row.value)
  return values
}

function sameObjects(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
