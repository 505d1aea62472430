/** A proxy with the configuration that it was given, decoded once. */
import { decodeResources, type ResourceMessage } from '../../../src/render/envoy/decode-resource.ts'
import type { ResourceType, ViewResources } from '../../../src/render/envoy/envoy-resource.ts'

type Named<T extends ResourceType> = ReadonlyMap<string, ResourceMessage<T>>

export interface DecodedProxy {
  /** URI SAN of its own certificate. */
  readonly spiffeId: string
  /** The root that vouches for its certificate, PEM. */
  readonly issuedBy: string
  readonly listeners: Named<'listener'>
  readonly routes: Named<'route'>
  readonly clusters: Named<'cluster'>
  readonly endpoints: Named<'endpoint'>
  readonly secrets: Named<'secret'>
}

export function decodeProxy(
  identity: Pick<DecodedProxy, 'spiffeId' | 'issuedBy'>,
  resources: ViewResources,
): DecodedProxy {
  const named = <T extends ResourceType>(type: T): Named<T> => {
    const entries = [...resources[type]].map(([name, resource]) => {
      const [message] = decodeResources(type, [resource])
      if (message === undefined) throw new Error(`${name} did not decode`)
      return [name as string, message] as const
    })
    return new Map(entries)
  }
  return {
    ...identity,
    listeners: named('listener'),
    routes: named('route'),
    clusters: named('cluster'),
    endpoints: named('endpoint'),
    secrets: named('secret'),
  }
}
