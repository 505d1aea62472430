/** Builds the value of one YAML document from js-yaml's events, with the table of where its nodes stand. */
import {
  type AliasEvent,
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  type ScalarEvent,
  type SequenceEvent,
} from 'js-yaml'
import * as say from './document-problems.ts'
import { Findings, type LocatedProblem } from './findings.ts'
import { keyProblem } from './key-problem.ts'
import { NODE, type NodeTable, NodeTableBuilder } from './node-table.ts'
import type { ReadingLimits } from './reading-limits.ts'
import type { ReadingProblemText } from './reading-problem.ts'
import { resolvePlain, type ScalarValue } from './resolve-scalar.ts'
import {
  ambiguousScalar,
  findTemplate,
  notComposed,
  numberOutOfRange,
  unsoundEscape,
} from './scalar-problems.ts'
import type { SourceText } from './source-text.ts'
import type { Chunk } from './split-documents.ts'
import { collectionTagProblem, readTaggedScalar } from './tags.ts'

export interface BuiltDocument {
  /** `undefined` when the document is past a limit: nothing should walk it. */
  readonly value: unknown
  readonly nodes: NodeTable
  readonly problems: readonly LocatedProblem[]
}

interface Anchored {
  readonly node: number
  readonly value: unknown
  /** Values it stands for, itself included. */
  readonly size: number
}

type NodeEvent = ScalarEvent | MappingEvent | SequenceEvent

/** Lives for one document. */
export class DocumentBuilder {
  readonly #source: SourceText
  readonly #chunk: Chunk
  readonly #limits: ReadingLimits
  readonly #events: readonly Event[]
  readonly #table = new NodeTableBuilder()
  readonly #anchors = new Map<string, Anchored>()
  readonly #findings = new Findings()
  readonly #hasTemplate: boolean
  readonly #isAscii: boolean
  #next: number
  /** Values so far, each alias counted as all that it stands for. */
  #size = 0
  #isPastLimit = false
  /** Offset within the chunk behind the last token seen. */
  #lastEnd = 0

  constructor(options: {
    readonly source: SourceText
    readonly chunk: Chunk
    readonly limits: ReadingLimits
    readonly events: readonly Event[]
    /** The event of the document's root node. */
    readonly first: number
  }) {
    this.#source = options.source
    this.#chunk = options.chunk
    this.#limits = options.limits
    this.#events = options.events
    this.#next = options.first
    this.#hasTemplate = findTemplate(options.chunk.text) !== undefined
    this.#isAscii = !/[^\t\n\r -~]/.test(options.chunk.text)
  }

  build(): BuiltDocument {
    const value = this.#node()
    const nodes = this.#table.build(this.#source.text)
    const problems = this.#findings.locate(this.#source, nodes)
    return { value: this.#isPastLimit ? undefined : value, nodes, problems }
  }

  #node(): unknown {
    const event = this.#events[this.#next++]
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#scalar(event)
      case EVENT_ID.MAPPING:
        return this.#mapping(event)
      case EVENT_ID.SEQUENCE:
        return this.#sequence(event)
      case EVENT_ID.ALIAS:
        return this.#alias(event)
      case EVENT_ID.DOCUMENT:
      case EVENT_ID.POP:
      case undefined:
        throw new TypeError(`event ${event?.type} begins no node`)
    }
  }

  #scalar(event: ScalarEvent): unknown {
    const node = this.#addScalar(event)
    const text = this.#decode(event, node)
    const value = this.#valueOf(event, text, node)
    this.#anchor(event, { node, value, size: 1 })
    return value
  }

  #valueOf(event: ScalarEvent, text: string, node: number): unknown {
    if (event.tagStart < 0) {
      return event.style === NODE.plain ? this.#plainValue(text, resolvePlain(text), node) : text
    }
    const tag = this.#chunk.text.slice(event.tagStart, event.tagEnd)
    const tagged = readTaggedScalar(tag, text)
    if (!tagged.ok) this.#find(node, event.tagStart, tagged.error)
    const value = tagged.ok ? tagged.value : text
    return typeof value === 'string' ? value : this.#plainValue(text, value, node)
  }

  #plainValue(text: string, value: ScalarValue, node: number): unknown {
    const problem = numberOutOfRange(text, value) ?? ambiguousScalar(text, value)
    if (problem === undefined) return value === 0 ? 0 : value // JSON has no -0
    this.#find(node, this.#table.startOf(node) - this.#chunk.start, problem)
    return problem.code === 'PLB0207' ? text : value
  }

  #mapping(event: MappingEvent): unknown {
    if (this.#hasTemplate && this.#chunk.text.startsWith('{{', event.start)) {
      return this.#template(event)
    }
    const before = this.#size
    const node = this.#enter(event, 'mapping')
    const object: Record<string, unknown> = {}
    let keys = 0
    while (this.#events[this.#next]?.type !== EVENT_ID.POP) {
      const key = this.#key(object)
      const value = this.#node()
      if (key !== undefined) object[key] = value
      keys++
    }
    if (keys > this.#limits.maxKeysPerMapping) {
      this.#find(node, event.start, say.tooManyKeys(keys, this.#limits.maxKeysPerMapping))
      this.#isPastLimit = true
    }
    this.#leave(event, { node, value: object, size: this.#size - before })
    return object
  }

  #sequence(event: SequenceEvent): unknown {
    const before = this.#size
    const node = this.#enter(event, 'sequence')
    const items: unknown[] = []
    while (this.#events[this.#next]?.type !== EVENT_ID.POP) items.push(this.#node())
    // An array that has grown has room for 16 more, and most lists of a policy are of one.
    const value = items.slice()
    this.#leave(event, { node, value, size: this.#size - before })
    return value
  }

  #enter(event: MappingEvent | SequenceEvent, type: 'mapping' | 'sequence'): number {
    const node = this.#table.add(NODE[type], this.#chunk.start + event.start, 0)
    this.#count(node, event.start, 1)
    this.#lastEnd = event.start
    if (event.tagStart >= 0) {
      const tag = this.#chunk.text.slice(event.tagStart, event.tagEnd)
      const problem = collectionTagProblem(tag, type)
      if (problem !== undefined) this.#find(node, event.tagStart, problem)
    }
    return node
  }

  /** Anchored only when complete: an alias inside what it stands for would be a cycle, and finds nothing. */
  #leave(event: MappingEvent | SequenceEvent, anchored: Anchored): void {
    this.#next++
    this.#table.close(anchored.node)
    this.#anchor(event, anchored)
  }

  #alias(event: AliasEvent): unknown {
    const offset = event.anchorStart - 1
    this.#lastEnd = event.anchorEnd
    const name = this.#chunk.text.slice(event.anchorStart, event.anchorEnd)
    const anchored = this.#anchors.get(name)
    if (anchored === undefined) {
      const node = this.#table.add(NODE.empty, this.#chunk.start + offset, 0)
      this.#find(node, offset, say.unknownAlias(name))
      return null
    }
    const node = this.#table.add(NODE.alias, this.#chunk.start + offset, anchored.node)
    this.#count(node, offset, anchored.size)
    return anchored.value
  }

  /** The text of the key, or `undefined` when its value must not be kept. The value is read in either case. */
  #key(object: Record<string, unknown>): string | undefined {
    const event = this.#events[this.#next]
    if (event?.type !== EVENT_ID.SCALAR) return this.#complexKey()
    this.#next++
    const node = this.#addScalar(event)
    const text = this.#decode(event, node)
    const offset = this.#table.startOf(node) - this.#chunk.start
    if (!event.fast) this.#table.setKeyText(node, text)
    this.#anchor(event, { node, value: text, size: 1 })
    const isPlain = event.style === NODE.plain
    const problem = keyProblem({ text, isPlain, isTagged: event.tagStart >= 0 }, object)
    if (problem !== undefined) this.#find(node, offset, problem)
    return problem === undefined || problem.code === 'PLB0206' ? text : undefined
  }

  #complexKey(): undefined {
    const node = this.#table.size
    this.#node()
    this.#find(node, this.#table.startOf(node) - this.#chunk.start, say.keyNotText())
  }

  /** `{{ name }}` is, by the grammar, a mapping whose key is a mapping; to its author it is a template. */
  #template(event: MappingEvent): null {
    const node = this.#table.add(NODE.empty, this.#chunk.start + event.start, 0)
    const found = findTemplate(this.#chunk.text.slice(event.start, event.start + 2))
    if (found !== undefined) this.#find(node, event.start, found.problem)
    for (let open = 1; open > 0; this.#next++) {
      const type = this.#events[this.#next]?.type
      if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE) open++
      if (type === EVENT_ID.POP) open--
    }
    return null
  }

  #addScalar(event: ScalarEvent): number {
    const quoted = event.style === NODE.singleQuoted || event.style === NODE.doubleQuoted ? 1 : 0
    const isEmpty = event.valueStart < 0
    const start = isEmpty ? this.#indicator(event) : event.valueStart - quoted
    const end = isEmpty ? start : event.valueEnd + quoted
    const { start: base } = this.#chunk
    const node = this.#table.add(isEmpty ? NODE.empty : event.style, base + start, base + end)
    this.#lastEnd = isEmpty ? start + 1 : end
    this.#count(node, start, 1)
    return node
  }

  /** Where a value that is left out would stand: at its tag or anchor, or at the `:`, `-` or `?` before it. */
  #indicator(event: ScalarEvent): number {
    const property = Math.max(event.tagStart, event.anchorStart - 1)
    if (property >= 0) return property
    return findIndicator(this.#chunk.text, this.#lastEnd)
  }

  #decode(event: ScalarEvent, node: number): string {
    if (event.valueStart < 0) return ''
    const { text: chunk, start } = this.#chunk
    const offset = this.#table.startOf(node) - start
    const text = getScalarValue(chunk, event)
    const limit = this.#limits.maxScalarLength
    if (text.length > limit) this.#find(node, offset, say.scalarTooLong(text.length, limit))
    const isEscaped = event.style === NODE.doubleQuoted && !event.fast
    const unsound =
      (isEscaped ? unsoundEscape(text) : undefined) ??
      (isEscaped || !this.#isAscii ? notComposed(text) : undefined)
    if (unsound !== undefined) this.#find(node, offset, unsound)
    const template = this.#hasTemplate ? findTemplate(text) : undefined
    if (template !== undefined) this.#find(node, offset, template.problem)
    return text
  }

  #anchor(event: NodeEvent, anchored: Anchored): void {
    if (event.anchorStart < 0) return
    const name = this.#chunk.text.slice(event.anchorStart, event.anchorEnd)
    if (this.#anchors.has(name)) {
      this.#find(anchored.node, event.anchorStart - 1, say.anchorTwice(name))
    } else this.#anchors.set(name, anchored)
  }

  #count(node: number, offset: number, values: number): void {
    this.#size += values
    if (this.#size <= this.#limits.maxNodes || this.#isPastLimit) return
    this.#isPastLimit = true
    this.#find(node, offset, say.tooManyValues(this.#limits.maxNodes))
  }

  /** `offset` is within the chunk. */
  #find(node: number, offset: number, text: ReadingProblemText): void {
    this.#findings.add({ node, offset: this.#chunk.start + offset, text })
  }
}

/** The `:`, `-` or `?` that follows; where none does, the place itself. */
function findIndicator(text: string, from: number): number {
  const gap = /(?:[ \t\r\n]|(?<=[ \t\r\n])#[^\r\n]*)*/y
  gap.lastIndex = from
  const at = from + (gap.exec(text)?.[0].length ?? 0)
  return /[:?-]/.test(text.charAt(at)) ? at : from
}
