/** Where objects are in a pack: a sorted table, searched in place (gitformat-pack(5), version 2). */

const MAGIC = 0xff744f63
const VERSION = 2
const FANOUT_AT = 8
const NAMES_AT = FANOUT_AT + 4 * 256
const NAME_BYTES = 20
const CHECKSUMS_BYTES = 40
/** Set on an offset that stands in the table of large ones. */
const LARGE = 0x80000000

export class PackIndex {
  readonly #bytes: Buffer
  readonly #count: number

  private constructor(bytes: Buffer, count: number) {
    this.#bytes = bytes
    this.#count = count
  }

  /** `undefined` where the bytes are no index of version 2, or are cut off. */
  static parse(bytes: Buffer): PackIndex | undefined {
    if (bytes.length < NAMES_AT + CHECKSUMS_BYTES) return undefined
    if (bytes.readUInt32BE(0) !== MAGIC || bytes.readUInt32BE(4) !== VERSION) return undefined
    const count = bytes.readUInt32BE(NAMES_AT - 4)
    // A name, a checksum and an offset each.
    const whole = NAMES_AT + count * (NAME_BYTES + 4 + 4) + CHECKSUMS_BYTES
    return bytes.length < whole ? undefined : new PackIndex(bytes, count)
  }

  /** `undefined` when the pack does not have the object. */
  offsetOf(oid: string): number | undefined {
    const name = Buffer.from(oid, 'hex')
    const first = name[0] ?? 0
    let low = first === 0 ? 0 : this.#fanout(first - 1)
    let high = Math.min(this.#fanout(first), this.#count)
    while (low < high) {
      const middle = (low + high) >>> 1
      const at = NAMES_AT + middle * NAME_BYTES
      const order = this.#bytes.compare(name, 0, NAME_BYTES, at, at + NAME_BYTES)
      if (order === 0) return this.#offset(middle)
      // Buffer.compare(target): the sign is that of our bytes against the name.
      if (order < 0) low = middle + 1
      else high = middle
    }
    return undefined
  }

  #fanout(first: number): number {
    return this.#bytes.readUInt32BE(FANOUT_AT + 4 * first)
  }

  #offset(position: number): number | undefined {
    const offsetsAt = NAMES_AT + this.#count * (NAME_BYTES + 4)
    const offset = this.#bytes.readUInt32BE(offsetsAt + 4 * position)
    if (offset < LARGE) return offset
    const at = offsetsAt + 4 * this.#count + 8 * (offset - LARGE)
    if (at + 8 > this.#bytes.length - CHECKSUMS_BYTES) return undefined
    return Number(this.#bytes.readBigUInt64BE(at))
  }
}
