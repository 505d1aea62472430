/** Reads DER strictly (X.690 10): definite, minimal lengths and nothing left over. Never throws, whatever the bytes. */

/** The tag bytes we meet: universal types, with the constructed bit where the type has one. */
export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const

/** The tag byte of the context-specific type `[number]`. */
export function contextTag(number: number, form: 'primitive' | 'constructed'): number {
  return (form === 'constructed' ? 0xa0 : 0x80) | number
}

export interface DerElement {
  readonly tag: number
  readonly content: Buffer
  /** Tag, length and content. */
  readonly whole: Buffer
}

/** The elements that fill `bytes` exactly; `undefined` when they do not. */
export function readElements(bytes: Buffer): readonly DerElement[] | undefined {
  const elements: DerElement[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const element = readElement(bytes, offset)
    if (element === undefined) return undefined
    elements.push(element)
    offset += element.whole.length
  }
  return elements
}

/** The one element that fills `bytes`, if it has this tag. */
export function readOnly(bytes: Buffer, tag: number): DerElement | undefined {
  const elements = readElements(bytes)
  return elements?.length === 1 && elements[0]?.tag === tag ? elements[0] : undefined
}

/** The elements inside a SEQUENCE that fills `bytes`. */
export function readSequence(bytes: Buffer): readonly DerElement[] | undefined {
  const sequence = readOnly(bytes, DER.sequence)
  return sequence && readElements(sequence.content)
}

function readElement(bytes: Buffer, offset: number): DerElement | undefined {
  const tag = bytes[offset]
  // Numbers above 30 take more bytes; certificates have none, so that form is refused rather than read.
  if (tag === undefined || (tag & 0x1f) === 0x1f) return undefined
  const length = readLength(bytes, offset + 1)
  if (length === undefined) return undefined
  const start = offset + 1 + length.bytes
  const end = start + length.value
  if (end > bytes.length) return undefined
  return { tag, content: bytes.subarray(start, end), whole: bytes.subarray(offset, end) }
}

function readLength(bytes: Buffer, offset: number): { value: number; bytes: number } | undefined {
  const first = bytes[offset]
  if (first === undefined) return undefined
  if (first < 0x80) return { value: first, bytes: 1 }
  const count = first & 0x7f
  // 0 is the indefinite form. Three bytes hold 16 MiB, far beyond any certificate.
  if (count === 0 || count > 3 || offset + count >= bytes.length) return undefined
  const value = bytes.readUIntBE(offset + 1, count)
  const minimal = value >= 0x80 && value >= 2 ** (8 * (count - 1))
  return minimal ? { value, bytes: 1 + count } : undefined
}

/** The dotted form of an OBJECT IDENTIFIER's content; `undefined` when it is not one. */
export function readOid(content: Buffer): string | undefined {
  const arcs: number[] = []
  let arc = 0
  let started = false
  for (const byte of content) {
    // A leading 0x80 pads the arc: two encodings of one identifier, which DER forbids (X.690 8.19.2).
    if (!started && byte === 0x80) return undefined
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER) return undefined
    started = byte >= 0x80
    if (started) continue
    arcs.push(arc)
    arc = 0
  }
  const [head, ...rest] = arcs
  if (head === undefined || started) return undefined
  const root = Math.min(Math.floor(head / 40), 2)
  return [root, head - root * 40, ...rest].join('.')
}
