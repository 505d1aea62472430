/** Remembers what files were parsed to, so that a commit costs what it changed. */
import type { SourceFile } from '../../model/source-file.ts'
import { type ParsedFile, parseFile } from '../yaml/parse-file.ts'
import { READING_LIMITS, type ReadingLimits } from '../yaml/reading-limits.ts'

interface Entry {
  readonly blob: string
  readonly bytes: number
  readonly parsed: ParsedFile
}

/**
 * By path and blob id: an unchanged file yields the same Document objects again, so that others can cache by them.
 * Holds as many bytes of files as one commit may have; the least recently used go first.
 */
export class DocumentCache {
  readonly limits: ReadingLimits
  /** By path, least recently used first; one version of each file. */
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  constructor(limits: ReadingLimits = READING_LIMITS) {
    this.limits = limits
  }

  parse(file: SourceFile): ParsedFile {
    const known = this.#entries.get(file.path)
    const entry = known?.blob === file.blob ? known : this.#parse(file)
    this.#entries.delete(file.path)
    this.#entries.set(file.path, entry)
    if (entry !== known) this.#shrink(entry.bytes - (known?.bytes ?? 0))
    return entry.parsed
  }

  #parse(file: SourceFile): Entry {
    const { blob, bytes, path } = file
    return { blob, bytes: bytes.length + path.length, parsed: parseFile(file, this.limits) }
  }

  #shrink(added: number): void {
    this.#bytes += added
    for (const [oldest, { bytes }] of this.#entries) {
      if (this.#bytes <= this.limits.maxTotalBytes) break
      this.#entries.delete(oldest)
      this.#bytes -= bytes
    }
  }
}
