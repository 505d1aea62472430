/**
 * What makes the embedded cluster durable: a snapshot and an append-only log of transactions, in one directory.
 *
 * A batch of transactions is one line, `<crc32> <json>`, and counts once it is synced; a batch is written only after the one
 * before it is synced, so only the last line of a log can be torn, and a damaged line that others follow is damage to the disk.
 * After a failed write nothing is appended any more: the next batch starts from a new snapshot.
 */
import { type FileHandle, open, readFile, rename, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { Logger } from '../../model/logger.ts'
import { ClusterError } from '../cluster.ts'

export type Operation =
  | { readonly type: 'put'; readonly object: KubernetesObject }
  | { readonly type: 'remove'; readonly object: KubernetesObject }

/** Operations that happen together, at one resource version. */
export interface Transaction {
  readonly version: number
  readonly operations: readonly Operation[]
}

export interface StoredState {
  /** The newest resource version given out. */
  readonly version: number
  readonly objects: Iterable<KubernetesObject>
}

/** The log is rewritten as a snapshot when it has grown past this, and past the snapshot itself. */
const COMPACT_AFTER_BYTES = 4 * 1024 * 1024
const OBJECTS_PER_LINE = 500

export class TransactionLog {
  readonly #directory: string
  readonly #log: Logger
  readonly #compactAfterBytes: number
  #file: FileHandle | undefined
  #bytes = 0
  #snapshotBytes = 0

  constructor(directory: string, log: Logger, compactAfterBytes = COMPACT_AFTER_BYTES) {
    this.#directory = directory
    this.#log = log
    this.#compactAfterBytes = compactAfterBytes
  }

  /** Reads what is there. Throws `Unavailable` when a file is damaged, naming it and the offset. */
  async load(): Promise<{
    readonly snapshot: readonly KubernetesObject[]
    readonly version: number
    readonly transactions: readonly Transaction[]
  }> {
    const snapshot = await this.#loadSnapshot()
    const transactions = await this.#loadTransactions()
    const newer = transactions.filter((transaction) => transaction.version > snapshot.version)
    return { ...snapshot, transactions: newer }
  }

  /** Resolves when the transactions survive a power cut. On failure they are not there after a restart, or the error says so. */
  async append(transactions: readonly Transaction[], before: StoredState): Promise<void> {
    if (this.#file === undefined || this.#isDue()) await this.compact(before)
    const line = toLine(transactions)
    try {
      await this.#write(line)
    } catch (error) {
      await this.#abandonLog()
      throw error
    }
    this.#bytes += line.byteLength
  }

  /** Writes the state as a snapshot beside the old one, puts it in its place, and starts an empty log. */
  async compact(state: StoredState): Promise<void> {
    await this.#closeFile()
    this.#snapshotBytes = await this.#replace('snapshot', snapshotLines(state))
    await this.#replace('log', [])
    this.#file = await open(join(this.#directory, 'log'), 'a', 0o600)
    this.#bytes = 0
  }

  async close(): Promise<void> {
    await this.#closeFile()
  }

  #isDue(): boolean {
    return this.#bytes > Math.max(this.#compactAfterBytes, this.#snapshotBytes)
  }

  async #write(line: Buffer): Promise<void> {
    const file = this.#file
    if (file === undefined) throw new Error('the log is closed')
    await file.appendFile(line)
    await file.datasync()
  }

  /** A failed sync leaves the kernel's pages in doubt, so the file is given up for a new one. */
  async #abandonLog(): Promise<void> {
    const path = join(this.#directory, 'log')
    await this.#closeFile()
    await truncate(path, this.#bytes).catch((error: unknown) => {
      this.#log.warn('could not cut a failed write off the log', { path, error: String(error) })
    })
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #replace(name: string, lines: Iterable<Buffer>): Promise<number> {
    const temporary = join(this.#directory, `${name}.new`)
    await rm(temporary, { force: true })
    let bytes = 0
    {
      await using file = await open(temporary, 'wx', 0o600)
      for (const line of lines) {
        await file.appendFile(line)
        bytes += line.byteLength
      }
      await file.sync()
    }
    await rename(temporary, join(this.#directory, name))
    await syncDirectory(this.#directory)
    return bytes
  }

  async #loadSnapshot(): Promise<{ snapshot: KubernetesObject[]; version: number }> {
    const path = join(this.#directory, 'snapshot')
    const bytes = await readIfThere(path)
    if (bytes === undefined) return { snapshot: [], version: 0 }
    const { lines, damagedAt } = readLines(bytes)
    // A snapshot is renamed into place after it is synced: a torn one is damage, not a crash.
    if (damagedAt !== undefined) throw damaged(path, damagedAt)
    const [head, ...chunks] = lines as [{ version: number }, ...KubernetesObject[][]]
    this.#snapshotBytes = bytes.byteLength
    return { snapshot: chunks.flat(), version: head.version }
  }

  async #loadTransactions(): Promise<readonly Transaction[]> {
    const path = join(this.#directory, 'log')
    const bytes = await readIfThere(path)
    if (bytes === undefined) return []
    const { lines, damagedAt, followed } = readLines(bytes)
    if (damagedAt !== undefined && followed) throw damaged(path, damagedAt)
    if (damagedAt !== undefined)
      this.#log.warn('discarded a write that a crash cut short', {
        path,
        offset: damagedAt,
        bytes: bytes.byteLength - damagedAt,
      })
    return (lines as Transaction[][]).flat()
  }
}

function* snapshotLines(state: StoredState): Iterable<Buffer> {
  yield toLine({ version: state.version })
  let chunk: KubernetesObject[] = []
  for (const object of state.objects) {
    chunk.push(object)
    if (chunk.length < OBJECTS_PER_LINE) continue
    yield toLine(chunk)
    chunk = []
  }
  if (chunk.length > 0) yield toLine(chunk)
}

function toLine(value: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(value))
  return Buffer.concat([Buffer.from(`${checksum(json)} `), json, Buffer.from('\n')])
}

function checksum(json: Uint8Array): string {
  return crc32(json).toString(16).padStart(8, '0')
}

/** The whole lines up to the first damaged one, where that is, and whether a whole line comes after it. */
function readLines(bytes: Buffer): {
  readonly lines: readonly unknown[]
  readonly damagedAt: number | undefined
  readonly followed: boolean
} {
  const lines: unknown[] = []
  let damagedAt: number | undefined
  for (let start = 0; start < bytes.byteLength; ) {
    const end = bytes.indexOf(0x0a, start)
    const next = end < 0 ? bytes.byteLength : end + 1
    const json = end < 0 ? undefined : checkedLine(bytes.subarray(start, end))
    if (json === undefined) damagedAt ??= start
    else if (damagedAt !== undefined) return { lines, damagedAt, followed: true }
    else lines.push(JSON.parse(json))
    start = next
  }
  return { lines, damagedAt, followed: false }
}

function checkedLine(line: Buffer): string | undefined {
  const json = line.subarray(9)
  return line.toString('latin1', 0, 9) === `${checksum(json)} ` ? json.toString() : undefined
}

function damaged(path: string, offset: number): ClusterError {
  return new ClusterError(
    'Unavailable',
    `${path} is damaged at byte ${offset} (a checksum does not match), which no crash explains; restore it from a backup, or move the data directory away to start empty`,
  )
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** A rename survives a power cut once its directory is synced. */
async function syncDirectory(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}
