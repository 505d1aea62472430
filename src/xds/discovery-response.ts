/** Writes a DiscoveryResponse around chunks that are already framed: the body is shared, the nonce is the stream's. */
import { type EnvoyResource, type ResourceType, TYPE_URLS } from '../render/envoy/envoy-resource.ts'
import { sotwChunk } from './entry.ts'
import { stringField } from './wire.ts'

const FIELD = { versionInfo: 1, typeUrl: 4, nonce: 5 } as const

const typeUrlFields = new Map<string, Buffer>(
  Object.values(TYPE_URLS).map((url) => [url, stringField(FIELD.typeUrl, url)]),
)

export interface Response {
  readonly type: ResourceType
  readonly version: string
  readonly nonce: string
  readonly resources: readonly EnvoyResource[]
}

/**
 * Everything but the nonce, by type and list of resources: a list is made once per map, so that a thousand replicas
 * of one view share one copy.
 */
const bodies: Record<ResourceType, WeakMap<readonly EnvoyResource[], Buffer>> = {
  cluster: new WeakMap(),
  endpoint: new WeakMap(),
  listener: new WeakMap(),
  route: new WeakMap(),
  secret: new WeakMap(),
}

/** The same bytes as protobuf-es writes: fields in the order of their numbers, defaults left out. */
export function writeDiscoveryResponse(response: Response): Buffer {
  return Buffer.concat([bodyOf(response), stringField(FIELD.nonce, response.nonce)])
}

function bodyOf(response: Response): Buffer {
  const known = bodies[response.type].get(response.resources)
  if (known !== undefined) return known
  const body = Buffer.concat([
    stringField(FIELD.versionInfo, response.version),
    ...response.resources.map(sotwChunk),
    typeUrlFields.get(TYPE_URLS[response.type]) ?? Buffer.alloc(0),
  ])
  bodies[response.type].set(response.resources, body)
  return body
}
