/**
 * Judges a pack before anything keeps or unfolds it.
 *
 * isomorphic-git inflates whatever a pack holds and looks at sizes afterwards, so a megabyte that unfolds into gigabytes
 * would end the process; and it writes a pack before it checks it. Both are settled here, with zlib's own output limit.
 */
import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { err, ok, type Result } from '../../model/result.ts'
import { deltaResultSize, inflateHead, type PackEntry, readPackEntry } from './pack-entry.ts'

export interface PackLimits {
  /** Of one object, unfolded. */
  readonly maxObjectBytes: number
  /** Of all objects, unfolded. */
  readonly maxUnfoldedBytes: number
}

export interface PackFault {
  readonly type: 'damaged' | 'tooLarge'
  /** Says what is wrong, to follow "the pack". */
  readonly reason: string
}

const HEADER_BYTES = 12
const TRAILER_BYTES = 20
/** Objects between two rests, so that streams are served meanwhile: a few milliseconds. */
const OBJECTS_A_TURN = 256

/** Walks every object of a pack as it came from a server. */
export async function checkPack(
  pack: Buffer,
  limits: PackLimits,
): Promise<Result<void, PackFault>> {
  if (pack.length < HEADER_BYTES + TRAILER_BYTES || pack.toString('latin1', 0, 4) !== 'PACK')
    return damaged('is not a pack')
  if (pack.readUInt32BE(4) !== 2) return damaged(`has version ${pack.readUInt32BE(4)}, not 2`)
  const end = pack.length - TRAILER_BYTES
  const digest = createHash('sha1').update(pack.subarray(0, end)).digest()
  if (!digest.equals(pack.subarray(end)))
    return damaged('does not match its checksum: it was cut off or changed on the way')
  const count = pack.readUInt32BE(8)
  let at = HEADER_BYTES
  let unfolded = 0
  for (let number = 0; number < count; number += 1) {
    const object = checkObject(pack.subarray(0, end), at, limits)
    if (!object.ok) return object
    at = object.value.next
    unfolded += object.value.bytes
    if (unfolded > limits.maxUnfoldedBytes)
      return tooLarge(`unfolds to more than ${limits.maxUnfoldedBytes} bytes`)
    if (number % OBJECTS_A_TURN === OBJECTS_A_TURN - 1) await rest()
  }
  return at === end ? ok(undefined) : damaged('has bytes after its last object')
}

/** Judges the objects at known offsets by what they say of themselves: for packs that git itself has checked. */
export function checkObjectSizes(
  pack: Buffer,
  offsets: Iterable<number>,
  maxObjectBytes: number,
): Result<void, PackFault> {
  for (const offset of offsets) {
    const entry = readPackEntry(pack, offset)
    if (entry === undefined) return damaged(`has no object at byte ${offset}`)
    const size = statedSize(pack, entry)
    if (size === undefined) return damaged(`has a damaged delta at byte ${offset}`)
    if (size > maxObjectBytes) return objectTooLarge(size, maxObjectBytes)
  }
  return ok(undefined)
}

function statedSize(pack: Buffer, entry: PackEntry): number | undefined {
  if (entry.type === 'whole') return entry.size
  const head = inflateHead(pack.subarray(entry.dataAt))
  return head && deltaResultSize(head)
}

function checkObject(
  pack: Buffer,
  offset: number,
  { maxObjectBytes }: PackLimits,
): Result<{ readonly next: number; readonly bytes: number }, PackFault> {
  const entry = readPackEntry(pack, offset)
  if (entry === undefined) return damaged(`has no object at byte ${offset}`)
  if (entry.size > maxObjectBytes) return objectTooLarge(entry.size, maxObjectBytes)
  const inflated = inflateExactly(pack.subarray(entry.dataAt), entry.size)
  if (inflated === undefined) return damaged(`has a damaged object at byte ${offset}`)
  const bytes = entry.type === 'whole' ? entry.size : deltaResultSize(inflated.bytes)
  if (bytes === undefined) return damaged(`has a damaged delta at byte ${offset}`)
  if (bytes > maxObjectBytes) return objectTooLarge(bytes, maxObjectBytes)
  return ok({ next: entry.dataAt + inflated.consumed, bytes })
}

function inflateExactly(
  deflated: Buffer,
  size: number,
): { readonly bytes: Buffer; readonly consumed: number } | undefined {
  try {
    // `info` is missing from the types of Node: it returns the engine, which knows how far it read.
    const { buffer, engine } = inflateSync(deflated, {
      info: true,
      maxOutputLength: size + 1,
      chunkSize: Math.min(65_536, Math.max(64, size + 1)),
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
    return buffer.length === size ? { bytes: buffer, consumed: engine.bytesWritten } : undefined
  } catch {
    return undefined
  }
}

function rest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function damaged(reason: string): Result<never, PackFault> {
  return err({ type: 'damaged', reason })
}

function tooLarge(reason: string): Result<never, PackFault> {
  return err({ type: 'tooLarge', reason })
}

function objectTooLarge(size: number, limit: number): Result<never, PackFault> {
  return tooLarge(`holds an object of ${size} bytes; the limit is ${limit}`)
}
