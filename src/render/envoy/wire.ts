/** The few pieces of the protobuf encoding that hand-written writers need. */

/** A length-delimited field: a string, a message or bytes. */
export function lengthDelimited(fieldNumber: number, payload: Uint8Array): Uint8Array {
  return concat([varint(((fieldNumber << 3) | 2) >>> 0), varint(payload.length), payload])
}

/** A field that holds an unsigned number of at most 32 bits. */
export function unsigned(fieldNumber: number, value: number): Uint8Array {
  return concat([varint((fieldNumber << 3) >>> 0), varint(value)])
}

export function concat(parts: readonly ArrayLike<number>[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

function varint(value: number): readonly number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return bytes
}
