/** One pack on disk: objects by offset, deltas resolved. Nothing stays open between reads. */
import { closeSync, openSync, readSync } from 'node:fs'
import { ByteCache } from './byte-cache.ts'
import { applyDelta, deltaResultSize } from './delta.ts'
import { inflateExactly } from './inflate.ts'
import { LONGEST_HEAD, type ObjectType, type PackEntry, readPackEntry } from './pack-entry.ts'
import type { PackIndex } from './pack-index.ts'

export interface PackedObject {
  readonly type: ObjectType
  readonly bytes: Buffer
}

/** What reading may come to; the last two are sentences to follow the object's name. */
export type PackedRead =
  | { readonly type: 'found'; readonly object: PackedObject }
  | { readonly type: 'damaged'; readonly reason: string }
  | { readonly type: 'tooLarge'; readonly reason: string }

/** git writes chains of up to 50, and reads up to 4095. */
const MAX_CHAIN = 4_095
/** One read brings most policy files whole. */
const FIRST_READ = 4_096
/** Bases are shared: trees and files build on few. */
const BASES_BYTES = 16 * 2 ** 20

interface Link {
  readonly offset: number
  readonly entry: PackEntry
  readonly inflated: Buffer
}

export class PackFile {
  readonly #path: string
  readonly #index: PackIndex
  readonly #maxObjectBytes: number
  readonly #bases = new ByteCache<number, PackedObject>(BASES_BYTES)

  constructor(path: string, index: PackIndex, maxObjectBytes: number) {
    this.#path = path
    this.#index = index
    this.#maxObjectBytes = maxObjectBytes
  }

  offsetOf(oid: string): number | undefined {
    return this.#index.offsetOf(oid)
  }

  /** Throws what the file system throws. */
  read(offset: number): PackedRead {
    const file = openSync(this.#path, 'r')
    try {
      return this.#resolve(file, offset)
    } finally {
      closeSync(file)
    }
  }

  /** Down the chain to an object that is whole, then up again. */
  #resolve(file: number, offset: number): PackedRead {
    const links: Link[] = []
    let at = offset
    let object = this.#bases.get(at)
    while (object === undefined) {
      const link = this.#link(file, at)
      if (!('inflated' in link)) return link
      const { entry, inflated } = link
      if (entry.type !== 'offsetDelta' && entry.type !== 'refDelta')
        object = { type: entry.type, bytes: inflated }
      else {
        links.push(link)
        const base = this.#baseOf(at, entry)
        if (base === undefined || links.length > MAX_CHAIN) return damaged('it builds on nothing')
        at = base
        object = this.#bases.get(at)
      }
    }
    return this.#unfold(object, at, links)
  }

  #unfold(whole: PackedObject, wholeAt: number, links: readonly Link[]): PackedRead {
    let object = whole
    let objectAt = wholeAt
    for (const link of links.toReversed()) {
      this.#bases.set(objectAt, object, object.bytes.length)
      const size = deltaResultSize(link.inflated)
      if (size !== undefined && size > this.#maxObjectBytes) return this.#tooLarge(size)
      const bytes = size === undefined ? undefined : applyDelta(link.inflated, object.bytes)
      if (bytes === undefined) return damaged('its delta does not fit')
      object = { type: object.type, bytes }
      objectAt = link.offset
    }
    return { type: 'found', object }
  }

  #baseOf(
    offset: number,
    entry: PackEntry & { type: 'offsetDelta' | 'refDelta' },
  ): number | undefined {
    if (entry.type === 'refDelta') return this.#index.offsetOf(entry.base)
    return entry.back < offset ? offset - entry.back : undefined
  }

  #link(file: number, offset: number): Link | Exclude<PackedRead, { type: 'found' }> {
    const first = readAt(file, offset, FIRST_READ)
    const entry = readPackEntry(first)
    if (entry === undefined) return damaged('there is no object where the index says')
    if (entry.size > this.#maxObjectBytes) return this.#tooLarge(entry.size)
    const needed = LONGEST_HEAD + longestDeflated(entry.size)
    const bytes = needed <= FIRST_READ ? first : readAt(file, offset, needed)
    const inflated = inflateExactly(bytes.subarray(entry.dataAt), entry.size)
    return inflated === undefined
      ? damaged('its bytes do not inflate')
      : { offset, entry, inflated: inflated.bytes }
  }

  #tooLarge(size: number): PackedRead & { type: 'tooLarge' } {
    return {
      type: 'tooLarge',
      reason: `it has ${size} bytes; the limit is ${this.#maxObjectBytes}`,
    }
  }
}

/** zlib's compressBound: more than any deflated form takes. */
function longestDeflated(size: number): number {
  return size + Math.ceil(size / 1_000) + 64
}

function readAt(file: number, offset: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length)
  return buffer.subarray(0, readSync(file, buffer, 0, length, offset))
}

function damaged(reason: string): { readonly type: 'damaged'; readonly reason: string } {
  return { type: 'damaged', reason }
}
