/** Encodes a message once into the resource that every proxy shares. */
import { hash } from 'node:crypto'
import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf'
import type { SourceLocation } from '../../model/source-location.ts'
import type { EnvoyResource, ResourceName, ResourceType } from './envoy-resource.ts'

interface ResourceParts {
  readonly type: ResourceType
  readonly name: ResourceName
  readonly origins?: readonly SourceLocation[]
}

const NO_ORIGINS: readonly SourceLocation[] = []

/** Maps inside the message must have been filled in sorted order: the encoder writes them as they come. */
export function toResource<Desc extends DescMessage>(
  parts: ResourceParts,
  schema: Desc,
  message: MessageShape<Desc>,
): EnvoyResource {
  return toResourceOfBytes(parts, toBinary(schema, message))
}

export function toResourceOfBytes(parts: ResourceParts, bytes: Uint8Array): EnvoyResource {
  const { type, name, origins = NO_ORIGINS } = parts
  return { type, name, bytes, version: versionOf(bytes), origins }
}

/** The first 16 bytes of SHA-256: equal bytes have the same version on every replica, and no two others do. */
function versionOf(bytes: Uint8Array): string {
  return hash('sha256', bytes).slice(0, 32)
}
