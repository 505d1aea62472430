/** Writes DER through forge's encoder. It encodes only values that we made or have checked; it never parses. */
import forge from 'node-forge'
import type { Instant } from '../model/clock.ts'

const { asn1 } = forge
const { Class, Type } = asn1

export type DerNode = forge.asn1.Asn1

export function encode(node: DerNode): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1')
}

export function sequence(...members: readonly DerNode[]): DerNode {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...members])
}

export function set(member: DerNode): DerNode {
  return asn1.create(Class.UNIVERSAL, Type.SET, true, [member])
}

export function oid(dotted: string): DerNode {
  return primitive(Type.OID, asn1.oidToDer(dotted).getBytes())
}

/** Big-endian two's complement; the caller sees to minimal bytes. */
export function integer(bytes: Uint8Array): DerNode {
  return primitive(Type.INTEGER, toBinary(bytes))
}

export function boolean(value: boolean): DerNode {
  return primitive(Type.BOOLEAN, value ? '\xff' : '\0')
}

export function nothing(): DerNode {
  return primitive(Type.NULL, '')
}

export function octets(bytes: Uint8Array): DerNode {
  return primitive(Type.OCTETSTRING, toBinary(bytes))
}

/** `unusedBits` of the last byte do not count. */
export function bits(bytes: Uint8Array, unusedBits = 0): DerNode {
  return primitive(Type.BITSTRING, String.fromCharCode(unusedBits) + toBinary(bytes))
}

export function utf8(text: string): DerNode {
  return primitive(Type.UTF8, toBinary(Buffer.from(text, 'utf8')))
}

/** Whole seconds. UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5). */
export function time(instant: Instant): DerNode {
  const date = new Date(instant)
  return date.getUTCFullYear() < 2050
    ? primitive(Type.UTCTIME, asn1.dateToUtcTime(date))
    : primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date))
}

/** `[number]` around members (EXPLICIT). */
export function explicit(number: number, member: DerNode): DerNode {
  return asn1.create(Class.CONTEXT_SPECIFIC, number, true, [member])
}

/** `[number]` in place of a primitive type's own tag (IMPLICIT). */
export function implicit(number: number, bytes: Uint8Array): DerNode {
  return asn1.create(Class.CONTEXT_SPECIFIC, number, false, toBinary(bytes))
}

const CONSTRUCTED = 0x20

/** A SEQUENCE whose content is DER already, put in as it is: forge ors the type into the tag byte. */
export function encodedSequence(content: Uint8Array): DerNode {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE | CONSTRUCTED, false, toBinary(content))
}

function primitive(type: forge.asn1.Type, bytes: string): DerNode {
  return asn1.create(Class.UNIVERSAL, type, false, bytes)
}

/** Forge's byte strings hold one byte in each UTF-16 unit. */
function toBinary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
