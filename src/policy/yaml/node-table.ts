/**
 * Where every node of a document stands, in four numbers a node: the shape of the tree without its values.
 * Nodes are numbered in the order they are written; a mapping's children are key, value, key, value.
 */
import type { DocumentPath } from '../document.ts'

// The first five are js-yaml's SCALAR_STYLE.
export const NODE = {
  plain: 1,
  singleQuoted: 2,
  doubleQuoted: 3,
  literal: 4,
  folded: 5,
  /** A value left out, as after `key:`; it stands at the indicator before it. */
  empty: 6,
  mapping: 7,
  sequence: 8,
  /** Its `end` is the node it stands for. */
  alias: 9,
} as const

type NodeType = (typeof NODE)[keyof typeof NODE]

const WIDTH = 4
const START = 0
const END = 1
const TYPE = 2
const NEXT = 3

/** Shared by nearly all documents: an empty map of each would take 200 bytes. */
const NO_KEYS: ReadonlyMap<number, string> = new Map()

export class NodeTableBuilder {
  readonly #rows: number[] = []
  readonly #keys = new Map<number, string>()

  /** Returns the node's number. `next` is set by `close` for collections. */
  add(type: NodeType, start: number, end: number): number {
    const node = this.size
    this.#rows.push(start, end, type, node + 1)
    return node
  }

  /** Everything added since belongs to the node. */
  close(node: number): void {
    this.#rows[node * WIDTH + NEXT] = this.size
  }

  get size(): number {
    return this.#rows.length / WIDTH
  }

  startOf(node: number): number {
    return this.#rows[node * WIDTH + START] ?? 0
  }

  /** For keys whose text differs from what is written: escapes and folds. */
  setKeyText(node: number, text: string): void {
    this.#keys.set(node, text)
  }

  build(text: string): NodeTable {
    const keys = this.#keys.size === 0 ? NO_KEYS : this.#keys
    return new NodeTable(text, Int32Array.from(this.#rows), keys)
  }
}

export class NodeTable {
  readonly #text: string
  readonly #rows: Int32Array
  readonly #keys: ReadonlyMap<number, string>

  constructor(text: string, rows: Int32Array, keys: ReadonlyMap<number, string>) {
    this.#text = text
    this.#rows = rows
    this.#keys = keys
  }

  startOf(node: number): number {
    return this.#rows[node * WIDTH + START] ?? 0
  }

  typeOf(node: number): NodeType {
    return (this.#rows[node * WIDTH + TYPE] ?? NODE.empty) as NodeType
  }

  textOf(node: number): string {
    return this.#text.slice(this.startOf(node), this.#endOf(node))
  }

  /** The node an alias stands for; any other node itself. */
  target(node: number): number {
    return this.typeOf(node) === NODE.alias ? this.#endOf(node) : node
  }

  /** The child under a key or an index, with the node of the key (the child itself in a sequence). */
  #child(parent: number, part: string | number): { key: number; value: number } | undefined {
    const node = this.target(parent)
    const type = this.typeOf(node)
    if (type === NODE.mapping) return this.#member(node, String(part))
    if (type === NODE.sequence && typeof part === 'number') return this.#item(node, part)
    return undefined
  }

  /** Follows the path from a node as far as it goes. */
  walk(from: number, path: DocumentPath): { key: number; value: number; isWhole: boolean } {
    let at = { key: from, value: from }
    for (const part of path) {
      const next = this.#child(at.value, part)
      if (next === undefined) return { ...at, isWhole: false }
      at = next
    }
    return { ...at, isWhole: true }
  }

  /** From the document's root to a node that is not inside an alias. */
  pathTo(wanted: number): DocumentPath {
    const path: (string | number)[] = []
    let node = 0
    while (node !== wanted) {
      const step = this.#stepTowards(node, wanted)
      if (step === undefined) return path
      path.push(step.part)
      node = step.node
    }
    return path
  }

  #stepTowards(
    parent: number,
    wanted: number,
  ): { part: string | number; node: number } | undefined {
    const inMapping = this.typeOf(parent) === NODE.mapping
    const end = this.#nextOf(parent)
    for (let child = parent + 1, index = 0; child < end; index++) {
      const value = inMapping ? this.#nextOf(child) : child
      const next = this.#nextOf(value)
      if (wanted < next) {
        const part = inMapping ? this.keyText(child) : index
        return { part, node: Math.min(wanted, value) }
      }
      child = next
    }
    return undefined
  }

  keyText(key: number): string {
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    const type = this.typeOf(key)
    if (type === NODE.empty) return ''
    const quoted = type === NODE.singleQuoted || type === NODE.doubleQuoted ? 1 : 0
    return this.#text.slice(this.startOf(key) + quoted, this.#endOf(key) - quoted)
  }

  #member(mapping: number, name: string): { key: number; value: number } | undefined {
    const end = this.#nextOf(mapping)
    for (let key = mapping + 1; key < end; ) {
      const value = this.#nextOf(key)
      if (this.keyText(key) === name) return { key, value }
      key = this.#nextOf(value)
    }
    return undefined
  }

  #item(sequence: number, index: number): { key: number; value: number } | undefined {
    const end = this.#nextOf(sequence)
    let item = sequence + 1
    for (let skipped = 0; item < end; skipped++) {
      if (skipped === index) return { key: item, value: item }
      item = this.#nextOf(item)
    }
    return undefined
  }

  #endOf(node: number): number {
    return this.#rows[node * WIDTH + END] ?? 0
  }

  #nextOf(node: number): number {
    return this.#rows[node * WIDTH + NEXT] ?? 0
  }
}
