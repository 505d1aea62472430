/** Walks a message and every message inside it, into packed ones too. */
import type { Message } from '@bufbuild/protobuf'
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt'
import { TYPE_REGISTRY } from './type-registry.ts'

/** Throws for a packed message of a type that we never render. */
export function* visitMessages(value: unknown): Generator<Message> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  if (isAny(value)) {
    const unpacked = anyUnpack(value, TYPE_REGISTRY)
    if (unpacked === undefined) throw new Error(`no message type is known for ${value.typeUrl}`)
    yield* visitMessages(unpacked)
    return
  }
  if (isMessage(value)) yield value
  for (const member of Object.values(value)) yield* visitMessages(member)
}

function isMessage(value: object): value is Message {
  return '$typeName' in value
}

function isAny(value: object): value is Any {
  return isMessage(value) && value.$typeName === 'google.protobuf.Any'
}
