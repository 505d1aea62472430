/** Deltas: an object as copies from another and bytes of its own (gitformat-pack(5), "Deltified representation"). */
import { readVarint } from './pack-entry.ts'

/** The size of the object that a delta makes, which its instructions begin with. */
export function deltaResultSize(delta: Buffer): number | undefined {
  const base = readVarint(delta, 0)
  return base && readVarint(delta, base.next)?.value
}

/** `undefined` where the delta is damaged or belongs to another base. The caller has judged the result's size. */
export function applyDelta(delta: Buffer, base: Buffer): Buffer | undefined {
  const baseSize = readVarint(delta, 0)
  const size = baseSize && readVarint(delta, baseSize.next)
  if (size === undefined || baseSize?.value !== base.length) return undefined
  const result = Buffer.allocUnsafe(size.value)
  let written = 0
  for (let at = size.next; at < delta.length; ) {
    const step = readStep(delta, at, base)
    if (step === undefined || written + step.bytes.length > result.length) return undefined
    written += step.bytes.copy(result, written)
    at = step.next
  }
  return written === result.length ? result : undefined
}

interface Step {
  readonly bytes: Buffer
  readonly next: number
}

const COPY = 0x80
const DEFAULT_COPY_BYTES = 0x10000

function readStep(delta: Buffer, at: number, base: Buffer): Step | undefined {
  const code = delta[at] ?? 0
  if ((code & COPY) !== 0) return readCopy(delta, at, base)
  // Zero is reserved; anything else is so many bytes that follow.
  const next = at + 1 + code
  return code === 0 || next > delta.length
    ? undefined
    : { bytes: delta.subarray(at + 1, next), next }
}

/** The low four bits say which bytes of the offset follow, the next three which of the size. */
function readCopy(delta: Buffer, at: number, base: Buffer): Step | undefined {
  const code = delta[at] ?? 0
  let next = at + 1
  let offset = 0
  let size = 0
  for (let bit = 0; bit < 7; bit += 1) {
    if ((code & (1 << bit)) === 0) continue
    const byte = delta[next]
    if (byte === undefined) return undefined
    next += 1
    if (bit < 4) offset += byte * 2 ** (8 * bit)
    else size += byte * 2 ** (8 * (bit - 4))
  }
  const end = offset + (size === 0 ? DEFAULT_COPY_BYTES : size)
  return end > base.length ? undefined : { bytes: base.subarray(offset, end), next }
}
