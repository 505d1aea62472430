/** The few protobuf writings that the response envelope needs (protobuf encoding: varints and length-delimited fields). */

const LENGTH_DELIMITED = 2

/** The tag of a field, its length, its content. Field numbers here are below 16, so that a tag is one byte. */
export function lengthDelimited(field: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([header(field, length), ...content])
}

/** A string field; the empty string is proto3's default and is not written. */
export function stringField(field: number, text: string): Buffer {
  return text === '' ? Buffer.alloc(0) : lengthDelimited(field, Buffer.from(text, 'utf8'))
}

function header(field: number, length: number): Buffer {
  const bytes = [(field << 3) | LENGTH_DELIMITED]
  let rest = length
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}
