/**
 * The file system as isomorphic-git sees it: the real one, minus the asking.
 *
 * For each object isomorphic-git opens a loose file that mostly is not there and lists the packs; over 10,000 objects that
 * is most of the time it takes. Here listings are kept until `refresh`, and writes appear whole or not at all.
 */
import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import * as files from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { GitSourceError } from '../git-source.ts'
import { checkObjectSizes } from './check-pack.ts'
import { inflateHead } from './pack-entry.ts'

const TEMPORARY = '.plumbline-tmp-'

export class ObjectFiles {
  readonly #gitdir: string
  readonly #objects: string
  readonly #maxObjectBytes: number
  #gitdirStat: Promise<Stats> | undefined
  readonly #listings = new Map<string, Promise<ReadonlySet<string>>>()

  constructor(options: { readonly gitdir: string; readonly maxObjectBytes: number }) {
    this.#gitdir = options.gitdir
    this.#objects = `${options.gitdir}/objects`
    this.#maxObjectBytes = options.maxObjectBytes
  }

  /** What isomorphic-git takes as its `fs`. */
  readonly fs = {
    promises: {
      mkdir: files.mkdir,
      rmdir: files.rmdir,
      rm: files.rm,
      unlink: files.unlink,
      stat: (path: string): Promise<Stats> => this.#stat(path),
      lstat: files.lstat,
      readlink: files.readlink,
      symlink: files.symlink,
      readdir: (path: string): Promise<string[]> => this.#readDirectory(path),
      readFile: (path: string, options?: { encoding?: BufferEncoding }) =>
        this.#readFile(path, options),
      writeFile: (path: string, content: string | Uint8Array): Promise<void> =>
        this.#writeFile(path, content),
    },
  }

  /** Looks at the disk again. */
  refresh(): void {
    this.#listings.clear()
    this.#gitdirStat = undefined
  }

  /** The packs that have an index, by name. */
  async packs(): Promise<readonly string[]> {
    const names = await this.#list(`${this.#objects}/pack`)
    return [...names].filter((name) => name.endsWith('.idx'))
  }

  /** isomorphic-git looks before every object whether the git directory is one. */
  #stat(path: string): Promise<Stats> {
    if (path !== this.#gitdir) return files.stat(path)
    this.#gitdirStat ??= files.stat(path)
    return this.#gitdirStat
  }

  async #readDirectory(path: string): Promise<string[]> {
    if (path === `${this.#objects}/pack`) return [...(await this.#list(path))]
    return files.readdir(path)
  }

  async #readFile(path: string, options?: { encoding?: BufferEncoding }): Promise<Buffer | string> {
    if (options?.encoding !== undefined) return files.readFile(path, options.encoding)
    if (!path.startsWith(`${this.#objects}/`)) return files.readFile(path)
    if (path.endsWith('.pack')) return this.#readPack(path)
    const directory = dirname(path)
    const loose = dirname(directory) === this.#objects && basename(directory).length === 2
    return loose ? this.#readLoose(path) : files.readFile(path)
  }

  async #readLoose(path: string): Promise<Buffer> {
    const present = await this.#list(dirname(path))
    if (!present.has(basename(path))) throw ABSENT
    const bytes = await files.readFile(path)
    // `blob 1234\0`: the size stands in front, so a bomb is known before it is unfolded.
    const size = Number(/^[a-z]+ (\d+)\0/.exec(inflateHead(bytes)?.toString('latin1') ?? '')?.[1])
    if (size > this.#maxObjectBytes)
      throw tooLarge(path, `holds an object of ${size} bytes; the limit is ${this.#maxObjectBytes}`)
    return bytes
  }

  async #readPack(path: string): Promise<Buffer> {
    const [pack, index] = await Promise.all([
      files.readFile(path),
      files.readFile(path.replace(/pack$/, 'idx')),
    ])
    // The index ends with the pack's checksum and its own: sizes read out of another file would mean nothing.
    if (!index.subarray(-40, -20).equals(pack.subarray(-20)))
      throw new Error(`${path} is not the pack that its index was made of`)
    const sizes = checkObjectSizes(pack, offsetsOf(index), this.#maxObjectBytes)
    if (sizes.ok) return pack
    if (sizes.error.type === 'tooLarge') throw tooLarge(path, sizes.error.reason)
    throw new Error(`${path} ${sizes.error.reason}`)
  }

  /** Written beside and renamed: a reader, or a later process, sees all of it or none. */
  async #writeFile(path: string, content: string | Uint8Array): Promise<void> {
    const temporary = `${path}${TEMPORARY}${randomUUID()}`
    try {
      await files.writeFile(temporary, content, { mode: 0o600, flush: true })
      await files.rename(temporary, path)
    } catch (error) {
      await files.rm(temporary, { force: true })
      throw error
    }
    this.#listings.delete(dirname(path))
  }

  #list(directory: string): Promise<ReadonlySet<string>> {
    const known = this.#listings.get(directory)
    if (known !== undefined) return known
    const listing = files.readdir(directory).then(
      (names) => new Set(names),
      () => new Set<string>(),
    )
    this.#listings.set(directory, listing)
    return listing
  }
}

/** Removes what a process that was killed left half-written: temporary files, and packs without an index. */
export async function removeLeftovers(gitdir: string): Promise<void> {
  const folder = join(gitdir, 'objects', 'pack')
  const names = await files.readdir(folder).catch(() => [])
  const whole = new Set(names.filter((name) => name.endsWith('.idx')))
  for (const name of names) {
    const orphan = name.endsWith('.pack') && !whole.has(name.replace(/pack$/, 'idx'))
    if (orphan || name.includes(TEMPORARY)) await files.rm(join(folder, name), { force: true })
  }
}

/** One for all: an error made for each object that is in a pack costs as much as reading it. */
const ABSENT = Object.assign(new Error('no such loose object'), { code: 'ENOENT' })

const INDEX_HEADER_BYTES = 8
const FANOUT_BYTES = 4 * 256
/** Name, CRC; then the offsets, four bytes each (gitformat-pack(5), version 2). */
const BYTES_BEFORE_OFFSETS = 20 + 4

function* offsetsOf(index: Buffer): Iterable<number> {
  if (index.length < INDEX_HEADER_BYTES + FANOUT_BYTES) return
  const count = index.readUInt32BE(INDEX_HEADER_BYTES + FANOUT_BYTES - 4)
  const start = INDEX_HEADER_BYTES + FANOUT_BYTES + BYTES_BEFORE_OFFSETS * count
  for (let at = start; at + 4 <= index.length && at < start + 4 * count; at += 4)
    yield index.readUInt32BE(at)
}

function tooLarge(path: string, what: string): GitSourceError {
  return new GitSourceError(
    'LimitExceeded',
    `${path} ${what}; keep large files out of the policy repository`,
  )
}
