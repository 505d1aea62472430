/** A folder of this disk as git would commit it: what `.gitignore` leaves out is left out, links are not followed. */
import { createHash } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import ignore, { type Ignore } from 'ignore'
import { byCodeUnit } from '../model/by-code-unit.ts'
import { messageOf } from '../model/message-of.ts'
import type { SourceFile } from '../model/source-file.ts'
import { wantedFile } from '../policy/files/wanted-file.ts'
import type { ReadingLimits } from '../policy/yaml/reading-limits.ts'
import { UsageError } from './exit-code.ts'

/** Somebody pointed at `/` or at a home folder. */
const MAX_ENTRIES = 1_000_000
/** Files that are read together. */
const BATCH = 32

export interface FolderOptions {
  /** Absolute. */
  readonly folder: string
  /** What the folder is called in the paths of its files; `''` for nothing. */
  readonly prefix: string
  readonly limits: ReadingLimits
  readonly signal: AbortSignal
}

/** Sorted by path. Throws `UsageError` for a folder that is unreadable or too large to be a policy repository. */
export async function readFolder(options: FolderOptions): Promise<readonly SourceFile[]> {
  const files = await new FolderReader(options).read()
  return [...files].sort((a, b) => byCodeUnit(a.path, b.path))
}

/** What the system refuses, as a sentence for whoever named the path. */
function unreadable(path: string, cause: unknown): UsageError {
  const reason = messageOf(cause)
  return new UsageError(`${path} cannot be read: ${reason}`, { cause })
}

/** One regular file, with the id that git would give its blob. */
export async function readSourceFile(absolute: string, path: string): Promise<SourceFile> {
  const bytes = await readFile(absolute).catch((cause: unknown) => {
    throw unreadable(absolute, cause)
  })
  const blob = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
  return { path, blob, type: 'file', bytes }
}

interface Rules {
  /** Relative to the folder, ending in `/` unless empty. */
  readonly folder: string
  readonly ignore: Ignore
}

/** Lives for one reading. */
class FolderReader {
  readonly #options: FolderOptions
  readonly #files: SourceFile[] = []
  /** Regular files to read, relative to the folder. */
  readonly #wanted: string[] = []
  #entries = 0
  #bytes = 0

  constructor(options: FolderOptions) {
    this.#options = options
  }

  async read(): Promise<readonly SourceFile[]> {
    await this.#visit('', [])
    for (let at = 0; at < this.#wanted.length; at += BATCH) {
      this.#options.signal.throwIfAborted()
      const batch = this.#wanted.slice(at, at + BATCH)
      this.#files.push(...(await Promise.all(batch.map((path) => this.#readFile(path)))))
    }
    return this.#files
  }

  /** `inside` is relative to the folder and ends in `/` unless empty. */
  async #visit(inside: string, outer: readonly Rules[]): Promise<void> {
    const { folder, signal } = this.#options
    signal.throwIfAborted()
    const entries = await this.#list(join(folder, inside))
    this.#entries += entries.length
    if (this.#entries > MAX_ENTRIES) {
      throw new UsageError(
        `${folder} holds more than ${MAX_ENTRIES} files; name the folder of the policies`,
      )
    }
    const rules = entries.some(({ name }) => name === '.gitignore')
      ? [...outer, await this.#readRules(inside)]
      : outer
    for (const entry of entries) await this.#visitEntry(entry, inside + entry.name, rules)
  }

  async #list(folder: string): Promise<readonly Dirent[]> {
    return readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
      throw unreadable(folder, cause)
    })
  }

  async #visitEntry(entry: Dirent, path: string, rules: readonly Rules[]): Promise<void> {
    if (entry.name === '.git') return
    if (isIgnored(rules, entry.isDirectory() ? `${path}/` : path)) return
    if (entry.isSymbolicLink())
      this.#files.push({ path: this.#show(path), blob: '', type: 'symlink', bytes: NOTHING })
    else if (entry.isDirectory()) await this.#visit(`${path}/`, rules)
    else if (entry.isFile() && wantedFile(path)) this.#wanted.push(path)
  }

  async #readFile(path: string): Promise<SourceFile> {
    const { folder, limits } = this.#options
    const absolute = join(folder, path)
    const found = await stat(absolute).catch((cause: unknown) => {
      throw unreadable(absolute, cause)
    })
    this.#bytes += found.size
    // One commit over its limit is a problem to report; many times over is not worth reading.
    if (this.#bytes > 4 * limits.maxTotalBytes) {
      throw new UsageError(
        `the policy files under ${folder} have more than ${4 * limits.maxTotalBytes} bytes; name the folder of the policies`,
      )
    }
    return readSourceFile(absolute, this.#show(path))
  }

  async #readRules(inside: string): Promise<Rules> {
    const text = await readFile(join(this.#options.folder, inside, '.gitignore'), 'utf8')
    return { folder: inside, ignore: ignore({ ignorecase: false }).add(text) }
  }

  #show(path: string): string {
    const { prefix } = this.#options
    return prefix === '' ? path : `${prefix}/${path}`
  }
}

const NOTHING = new Uint8Array()

/** The deepest rules that say anything decide (gitignore(5)). */
function isIgnored(rules: readonly Rules[], path: string): boolean {
  for (const { folder, ignore: own } of rules.toReversed()) {
    const verdict = own.test(path.slice(folder.length))
    if (verdict.ignored) return true
    if (verdict.unignored) return false
  }
  return false
}
