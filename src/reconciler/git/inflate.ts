/** zlib with its output bounded: what a stream unfolds to is settled before memory is taken for it. */
import { constants, inflateSync } from 'node:zlib'

export interface Inflated {
  readonly bytes: Buffer
  /** How much of the input the stream took. */
  readonly consumed: number
}

/** The stream that begins here and unfolds to exactly `size` bytes; `undefined` where there is none. */
export function inflateExactly(deflated: Buffer, size: number): Inflated | undefined {
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

/** A stream may begin with code tables (RFC 1951, 3.2.7: at most some 300 bytes) before it says anything. */
const HEAD_BYTES = 1_024

/** The first bytes of a stream, without unfolding the rest; `undefined` where there is none. */
export function inflateHead(deflated: Buffer): Buffer | undefined {
  try {
    return inflateSync(deflated.subarray(0, HEAD_BYTES), { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return undefined
  }
}
