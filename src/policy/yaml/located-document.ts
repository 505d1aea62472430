import type { SourceLocation } from '../../model/source-location.ts'
import type { Document, DocumentPath } from '../document.ts'
import { NODE, type NodeTable } from './node-table.ts'
import type { SourceText } from './source-text.ts'

/** A document, or an item of a `kind: List`, read from a file. A class because a repository holds ten thousand of them. */
export class LocatedDocument implements Document {
  readonly index: number
  readonly value: unknown
  readonly #source: SourceText
  readonly #nodes: NodeTable
  /** The node of `value`. */
  readonly #root: number

  constructor(options: {
    readonly source: SourceText
    readonly index: number
    readonly value: unknown
    readonly nodes: NodeTable
    readonly root: number
  }) {
    this.index = options.index
    this.value = options.value
    this.#source = options.source
    this.#nodes = options.nodes
    this.#root = options.root
  }

  get file(): string {
    return this.#source.file
  }

  locate(path: DocumentPath): SourceLocation {
    return this.#locateNode(this.#nodes.walk(this.#root, path).value)
  }

  locateKey(path: DocumentPath): SourceLocation {
    return this.#locateNode(this.#nodes.walk(this.#root, path).key)
  }

  sourceText(path: DocumentPath): string | undefined {
    const node = this.#scalar(path)
    return node === undefined ? undefined : this.#nodes.textOf(node)
  }

  isQuoted(path: DocumentPath): boolean {
    const node = this.#scalar(path)
    if (node === undefined) return false
    const type = this.#nodes.typeOf(node)
    return type !== NODE.plain && type !== NODE.empty
  }

  #scalar(path: DocumentPath): number | undefined {
    const { value, isWhole } = this.#nodes.walk(this.#root, path)
    const node = this.#nodes.target(value)
    const type = this.#nodes.typeOf(node)
    return isWhole && type !== NODE.mapping && type !== NODE.sequence ? node : undefined
  }

  #locateNode(node: number): SourceLocation {
    return this.#source.locate(this.#nodes.startOf(node))
  }
}
