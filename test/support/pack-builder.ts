/** Packs made by hand, wrong ones above all. */
import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'

const BLOB = 3
export const OFFSET_DELTA = 6
export const REF_DELTA = 7

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 0x80))]
}

/** One object; `size` may lie. */
export function entry(
  content: Buffer,
  options: { type?: number; size?: number; base?: number[] } = {},
): Buffer {
  const { type = BLOB, size = content.length, base = [] } = options
  const low = (type << 4) | (size & 0x0f)
  const head = size < 0x10 ? [low] : [low | 0x80, ...varint(Math.floor(size / 0x10))]
  return Buffer.concat([Buffer.from([...head, ...base]), deflateSync(content)])
}

/** A pack with its head and checksum; `count` may lie. */
export function pack(
  entries: readonly Buffer[],
  options: { count?: number; version?: number } = {},
): Buffer {
  const head = Buffer.alloc(12)
  head.write('PACK')
  head.writeUInt32BE(options.version ?? 2, 4)
  head.writeUInt32BE(options.count ?? entries.length, 8)
  return sealed(Buffer.concat([head, ...entries]))
}

export const sealed = (body: Buffer): Buffer =>
  Buffer.concat([body, createHash('sha1').update(body).digest()])

/** Copies ten bytes of a base of ten, and says that it makes so many. */
export const delta = (resultSize: number): Buffer =>
  Buffer.from([...varint(10), ...varint(resultSize), 0x90, 10])
