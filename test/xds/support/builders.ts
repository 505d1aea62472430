/** Builders of resources, views and requests: a test states only what it is about. */
import { createHash } from 'node:crypto'
import type {
  EnvoyResource,
  ResourceMap,
  ResourceName,
  ResourceType,
  ViewResources,
} from '../../../src/render/envoy/envoy-resource.ts'
import type { DiscoveryRequest } from '../../../src/xds/discovery-request.ts'

/** A resource whose bytes are its content, so that unequal content has unequal versions. */
export function aResource(type: ResourceType, name: string, content = 'v1'): EnvoyResource {
  const bytes = Buffer.from(`${name}=${content}`)
  return {
    type,
    name: name as ResourceName,
    bytes,
    version: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
    origins: [{ file: `policies/${name}.yaml`, line: 1, column: 1 }],
  }
}

/** Content by name, by type: `{ cluster: { a: 'v1' } }`. */
export type ViewContent = Partial<Record<ResourceType, Readonly<Record<string, string>>>>

export function aView(content: ViewContent = {}): ViewResources {
  return {
    cluster: mapOf('cluster', content.cluster),
    endpoint: mapOf('endpoint', content.endpoint),
    listener: mapOf('listener', content.listener),
    route: mapOf('route', content.route),
    secret: mapOf('secret', content.secret),
  }
}

function mapOf(type: ResourceType, content: Readonly<Record<string, string>> = {}): ResourceMap {
  return new Map(
    Object.entries(content).map(([name, text]) => [
      name as ResourceName,
      aResource(type, name, text),
    ]),
  )
}

export function aRequest(request: Partial<DiscoveryRequest> = {}): DiscoveryRequest {
  return {
    versionInfo: '',
    nodeId: '',
    resourceNames: [],
    typeUrl: '',
    responseNonce: '',
    errorDetail: undefined,
    ...request,
  }
}
