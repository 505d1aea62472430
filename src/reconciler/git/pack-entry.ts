/** The head of one object in a pack: what it is, how large it says it is, what it builds on (gitformat-pack(5)). */

export type ObjectType = 'blob' | 'commit' | 'tag' | 'tree'

export type PackEntry = {
  /** Of the bytes once inflated: the object, or the delta's instructions. */
  readonly size: number
  /** Where the deflated bytes begin, from the entry's start. */
  readonly dataAt: number
} & (
  | { readonly type: ObjectType }
  /** The base begins so many bytes before this entry. */
  | { readonly type: 'offsetDelta'; readonly back: number }
  | { readonly type: 'refDelta'; readonly base: string }
)

/** No head is longer: 7 bytes of size, and a base's name or offset. */
export const LONGEST_HEAD = 7 + 20

const WHOLE: readonly (ObjectType | undefined)[] = [undefined, 'commit', 'tree', 'blob', 'tag']
const OFFSET_DELTA = 6
const REF_DELTA = 7
const OID_BYTES = 20

/** Reads the entry at the start of the bytes; `undefined` where they are none. */
export function readPackEntry(bytes: Buffer): PackEntry | undefined {
  const first = bytes[0]
  const length = readVarint(bytes, 0)
  if (first === undefined || length === undefined) return undefined
  // The first byte gives four bits of size, the others seven.
  const size = (first & 0x0f) + Math.floor(length.value / 0x80) * 0x10
  const code = (first >> 4) & 7
  const type = WHOLE[code]
  if (type !== undefined) return { type, size, dataAt: length.next }
  if (code === OFFSET_DELTA) return offsetDelta(bytes, size, length.next)
  if (code !== REF_DELTA || length.next + OID_BYTES > bytes.length) return undefined
  const dataAt = length.next + OID_BYTES
  return { type: 'refDelta', size, dataAt, base: bytes.toString('hex', length.next, dataAt) }
}

function offsetDelta(bytes: Buffer, size: number, start: number): PackEntry | undefined {
  let back = 0
  for (let at = start; at < start + 7; at += 1) {
    const byte = bytes[at]
    if (byte === undefined) return undefined
    // Highest bits first, and each byte that goes on adds one: no offset has two spellings.
    back = back * 0x80 + (byte & 0x7f)
    if ((byte & 0x80) === 0)
      return back === 0 ? undefined : { type: 'offsetDelta', size, dataAt: at + 1, back }
    back += 1
  }
  return undefined
}

export interface Varint {
  readonly value: number
  readonly next: number
}

/** Seven bits a byte, lowest first; at most 49 bits, which a number holds exactly. */
export function readVarint(bytes: Buffer, offset: number): Varint | undefined {
  let value = 0
  let scale = 1
  for (let at = offset; at < offset + 7; at += 1) {
    const byte = bytes[at]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * scale
    if ((byte & 0x80) === 0) return { value, next: at + 1 }
    scale *= 0x80
  }
  return undefined
}
