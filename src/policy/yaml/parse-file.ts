/** One file to its documents, each with the problems that are its own. */
import { EVENT_ID, type Event, parseEvents } from 'js-yaml'
import type { Problem } from '../../model/problem.ts'
import type { SourceFile } from '../../model/source-file.ts'
import type { Document, DocumentPath } from '../document.ts'
import { printPath } from '../print-path.ts'
import { decodeText } from './decode-text.ts'
import { type BuiltDocument, DocumentBuilder } from './document-builder.ts'
import { expandList, type ListedObject } from './expand-list.ts'
import { LocatedDocument } from './located-document.ts'
import { READING_LIMITS, type ReadingLimits } from './reading-limits.ts'
import { fileProblem, type ReadingProblemText, readingProblem } from './reading-problem.ts'
import { findBidiControl, findControlCharacter } from './scalar-problems.ts'
import type { SourceText } from './source-text.ts'
import { type Chunk, splitDocuments } from './split-documents.ts'
import { directiveProblem, findConflictMarker, syntaxProblem } from './syntax-problem.ts'

export interface ParsedDocument {
  readonly document: Document
  /** They count only when the document does: a Deployment beside the policies may be as odd as it likes. */
  readonly problems: readonly Problem[]
}

export interface ParsedFile {
  readonly documents: readonly ParsedDocument[]
  /** Of the file, or of documents that cannot be handed on. */
  readonly problems: readonly Problem[]
}

/** Every document that can be read is; a file of comments has none, and no problem. */
export function parseFile(
  file: Pick<SourceFile, 'path' | 'bytes'>,
  limits: ReadingLimits = READING_LIMITS,
): ParsedFile {
  if (file.bytes.length > limits.maxFileBytes) {
    return failed(fileProblem(file.path, fileTooLarge(file.bytes.length, limits.maxFileBytes)))
  }
  const decoded = decodeText(file)
  if (decoded.type === 'unreadable') return failed(decoded.problem)
  const chunks = splitDocuments(decoded.source.text)
  const parsed = new FileParser(decoded.source, limits).parse(chunks)
  const found = Math.max(chunks.length, parsed.documents.length)
  if (found <= limits.maxDocumentsPerFile) return parsed
  return failed(fileProblem(file.path, tooManyDocuments(found, limits.maxDocumentsPerFile)))
}

/** Collects while one file is parsed. */
class FileParser {
  readonly #source: SourceText
  readonly #limits: ReadingLimits
  readonly #documents: ParsedDocument[] = []
  readonly #problems: Problem[] = []

  constructor(source: SourceText, limits: ReadingLimits) {
    this.#source = source
    this.#limits = limits
  }

  parse(chunks: readonly Chunk[]): ParsedFile {
    if (chunks.length <= this.#limits.maxDocumentsPerFile) {
      for (const chunk of chunks) this.#readChunk(chunk)
    }
    return { documents: this.#documents, problems: this.#problems }
  }

  #readChunk(chunk: Chunk): void {
    const unsound = findConflictMarker(chunk.text) ?? findControlCharacter(chunk.text)
    if (unsound !== undefined) {
      this.#report(chunk.start + unsound.offset, unsound.problem)
      return
    }
    const bidi = findBidiControl(chunk.text)
    if (bidi !== undefined) this.#report(chunk.start + bidi.offset, bidi.problem)
    const events = this.#parseEvents(chunk)
    for (const [at, event] of events.entries()) {
      if (event.type !== EVENT_ID.DOCUMENT) continue
      const directive = directiveProblem(event.directives)
      if (directive !== undefined) this.#report(chunk.start + findDirective(chunk.text), directive)
      this.#addObjects(this.#build(chunk, events, at + 1))
    }
  }

  #parseEvents(chunk: Chunk): readonly Event[] {
    try {
      return parseEvents(chunk.text, { maxDepth: this.#limits.maxDepth })
    } catch (error) {
      const found = syntaxProblem(error, chunk.text, this.#limits)
      this.#report(chunk.start + found.offset, found.problem)
      return []
    }
  }

  #build(chunk: Chunk, events: readonly Event[], first: number): BuiltDocument {
    const options = { source: this.#source, limits: this.#limits, chunk, events, first }
    return new DocumentBuilder(options).build()
  }

  #addObjects(built: BuiltDocument): void {
    const { objects, problems } = expandList(built.value)
    for (const { path, text } of problems) {
      const location = this.#source.locate(built.nodes.startOf(built.nodes.walk(0, path).value))
      this.#problems.push(readingProblem(location, { ...text, path: printPath(path) }))
    }
    const byObject = Map.groupBy(built.problems, (found) => ownerOf(objects, found.path))
    for (const found of byObject.get(undefined) ?? []) this.#problems.push(found.problem)
    for (const object of objects) {
      const own = byObject.get(object) ?? []
      this.#documents.push({
        document: this.#toDocument(built, object),
        problems: own.map(({ problem }) => problem),
      })
    }
  }

  #toDocument({ nodes }: BuiltDocument, { path, value }: ListedObject): Document {
    const root = nodes.walk(0, path).value
    const index = this.#documents.length
    return new LocatedDocument({ source: this.#source, index, value, nodes, root })
  }

  #report(offset: number, text: ReadingProblemText): void {
    this.#problems.push(readingProblem(this.#source.locate(offset), text))
  }
}

/** The first line that begins with `%`. */
function findDirective(text: string): number {
  return text.search(/(?<![^\n\r])%/)
}

function ownerOf(objects: readonly ListedObject[], path: DocumentPath): ListedObject | undefined {
  return objects.find((object) => object.path.every((part, at) => path[at] === part))
}

function failed(problem: Problem): ParsedFile {
  return { documents: [], problems: [problem] }
}

function fileTooLarge(found: number, limit: number): ReadingProblemText {
  return {
    code: 'PLB0101',
    message: `the file has ${found} bytes; the limit is ${limit}`,
    fix: 'split it, or list it in .plumbignore if it is no policy',
  }
}

function tooManyDocuments(found: number, limit: number): ReadingProblemText {
  return {
    code: 'PLB0119',
    message: `the file has ${found} documents; the limit is ${limit}`,
    fix: 'split it into several files',
  }
}
