/**
 * Judges a pack before anything keeps or unfolds it.
 *
 * isomorphic-git inflates whatever a pack holds and looks at sizes afterwards, so a megabyte that unfolds into gigabytes
 * would end the process; and it writes a pack before it checks it. Both are settled here, with zlib's own output limit.
 */
import { createHash } from 'node:crypto'
import { err, ok, type Result } from '../../model/result.ts'
import { deltaResultSize } from './delta.ts'
import { inflateExactly } from './inflate.ts'
import { readPackEntry } from './pack-entry.ts'
import { rest } from './rest.ts'

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

function checkObject(
  pack: Buffer,
  offset: number,
  { maxObjectBytes }: PackLimits,
): Result<{ readonly next: number; readonly bytes: number }, PackFault> {
  const entry = readPackEntry(pack.subarray(offset))
  if (entry === undefined) return damaged(`has no object at byte ${offset}`)
  if (entry.size > maxObjectBytes) return objectTooLarge(entry.size, maxObjectBytes)
  const inflated = inflateExactly(pack.subarray(offset + entry.dataAt), entry.size)
  if (inflated === undefined) return damaged(`has a damaged object at byte ${offset}`)
  const isDelta = entry.type === 'offsetDelta' || entry.type === 'refDelta'
  const bytes = isDelta ? deltaResultSize(inflated.bytes) : entry.size
  if (bytes === undefined) return damaged(`has a damaged delta at byte ${offset}`)
  if (bytes > maxObjectBytes) return objectTooLarge(bytes, maxObjectBytes)
  return ok({ next: offset + entry.dataAt + inflated.consumed, bytes })
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
