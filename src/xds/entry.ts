/** A resource framed for a response: made once per resource, immutable, and shared by every stream it is sent on. */
import { type EnvoyResource, TYPE_URLS } from '../render/envoy/envoy-resource.ts'
import { lengthDelimited, stringField } from './wire.ts'

/** Numbers of envoy.service.discovery.v3 and google.protobuf.Any. */
const RESOURCES = 2 // DiscoveryResponse and DeltaDiscoveryResponse alike
const ANY = { typeUrl: 1, value: 2 } as const
const RESOURCE = { version: 1, resource: 2, name: 3 } as const

const sotwChunks = new WeakMap<EnvoyResource, Buffer>()
const deltaChunks = new WeakMap<EnvoyResource, Buffer>()

/** The bytes of `resources` in a state-of-the-world response: one bare Any. */
export function sotwChunk(resource: EnvoyResource): Buffer {
  return once(sotwChunks, resource, () => lengthDelimited(RESOURCES, anyOf(resource)))
}

/** The bytes of `resources` in a delta response: one Resource, which carries its name and version. */
export function deltaChunk(resource: EnvoyResource): Buffer {
  return once(deltaChunks, resource, () =>
    lengthDelimited(
      RESOURCES,
      stringField(RESOURCE.version, resource.version),
      lengthDelimited(RESOURCE.resource, anyOf(resource)),
      stringField(RESOURCE.name, resource.name),
    ),
  )
}

function anyOf(resource: EnvoyResource): Buffer {
  const value = resource.bytes.length === 0 ? [] : [lengthDelimited(ANY.value, resource.bytes)]
  return Buffer.concat([stringField(ANY.typeUrl, TYPE_URLS[resource.type]), ...value])
}

function once(
  chunks: WeakMap<EnvoyResource, Buffer>,
  resource: EnvoyResource,
  make: () => Buffer,
): Buffer {
  const known = chunks.get(resource)
  if (known !== undefined) return known
  const made = make()
  chunks.set(resource, made)
  return made
}
