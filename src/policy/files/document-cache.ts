/** Remembers what files were parsed to, so that a commit costs what it changed. */
import type { SourceFile } from '../../model/source-file.ts'
import { type ParsedFile, parseFile } from '../yaml/parse-file.ts'
import { READING_LIMITS, type ReadingLimits } from '../yaml/reading-limits.ts'

interface Entry {
  readonly bytes: number
  readonly parsed: ParsedFile
}

/**
 * By path and blob: an unchanged file yields the same Document objects again, so that others can cache by them.
 * Holds as many bytes of files as one commit may have; the least recently used go first.
 */
export class DocumentCache {
  readonly limits: ReadingLimits
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  constructor(limits: ReadingLimits = READING_LIMITS) {
    this.limits = limits
  }

  parse(file: SourceFile): ParsedFile {
    const key = `${file.blob}:${file.path}`
    const known = this.#entries.get(key)
    if (known !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, known)
      return known.parsed
    }
    const parsed = parseFile(file, this.limits)
    this.#keep(key, { bytes: file.bytes.length + key.length, parsed })
    return parsed
  }

  #keep(key: string, entry: Entry): void {
    this.#entries.set(key, entry)
    this.#bytes += entry.bytes
    for (const [oldest, { bytes }] of this.#entries) {
      if (this.#bytes <= this.limits.maxTotalBytes) break
      this.#entries.delete(oldest)
      this.#bytes -= bytes
    }
  }
}
