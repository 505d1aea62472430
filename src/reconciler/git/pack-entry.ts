/** The head of one object in a pack: what it is and how large it says it is (gitformat-pack(5)). */
import { constants, inflateSync } from 'node:zlib'

export interface PackEntry {
  readonly type: 'whole' | 'delta'
  /** Of the bytes once inflated: the object, or the delta's instructions. */
  readonly size: number
  /** Where the deflated bytes begin. */
  readonly dataAt: number
}

const OFS_DELTA = 6
const REF_DELTA = 7

/** `undefined` where the bytes are no entry. */
export function readPackEntry(pack: Buffer, offset: number): PackEntry | undefined {
  const first = pack[offset]
  if (first === undefined) return undefined
  const length = readVarint(pack, offset)
  if (length === undefined) return undefined
  // The first byte gives four bits of size, the others seven.
  const size = (first & 0x0f) + Math.floor(length.value / 0x80) * 0x10
  switch ((first >> 4) & 7) {
    case 1:
    case 2:
    case 3:
    case 4:
      return { type: 'whole', size, dataAt: length.next }
    case OFS_DELTA: {
      const base = readVarint(pack, length.next)
      return base === undefined ? undefined : { type: 'delta', size, dataAt: base.next }
    }
    case REF_DELTA:
      return { type: 'delta', size, dataAt: length.next + 20 }
    default:
      return undefined
  }
}

/** The size of the object that a delta makes: its instructions begin with the base's size and that. */
export function deltaResultSize(instructions: Buffer): number | undefined {
  const base = readVarint(instructions, 0)
  return base === undefined ? undefined : readVarint(instructions, base.next)?.value
}

/** The first bytes of a deflated stream, without inflating the rest; `undefined` where it is none. */
export function inflateHead(deflated: Buffer): Buffer | undefined {
  try {
    return inflateSync(deflated.subarray(0, 64), { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return undefined
  }
}

/** Seven bits a byte, lowest first; at most 49 bits, which a number holds exactly. */
function readVarint(
  bytes: Buffer,
  offset: number,
): { readonly value: number; readonly next: number } | undefined {
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
