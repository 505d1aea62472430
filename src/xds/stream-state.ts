/** Everything one stream knows, as a value; stream-step.ts moves it on, delivery.ts decides what it may send. */
import type { Ms } from '../model/clock.ts'
import {
  type EnvoyResource,
  RESOURCE_TYPES,
  type ResourceName,
  type ResourceType,
  type ViewResources,
} from '../render/envoy/envoy-resource.ts'
import type { DiscoveryRequest } from './discovery-request.ts'
import type { Response } from './discovery-response.ts'
import { NO_RESOURCES, versionOf } from './resource-diff.ts'
import { covers } from './subscription.ts'
import { FRESH_TYPE, scope, type TypeState } from './type-state.ts'

export interface StreamState {
  /** Before the nonces of this stream, so that no other stream's nonce is taken for one of them. */
  readonly noncePrefix: string
  readonly responses: number
  readonly types: Readonly<Record<ResourceType, TypeState>>
  /** What the proxy's view holds, as of publication `sequence`. */
  readonly target: ViewResources
  readonly sequence: number
  /** The proxy's own certificate, a secret that no view holds. */
  readonly leaf: EnvoyResource | undefined
  /** Clusters just sent whose endpoints the client has yet to ask for. */
  readonly awaitedEndpoints: ReadonlySet<string>
  /** Since when routes and listeners have waited for clusters and endpoints; `undefined` while they do not. */
  readonly waitingSince: Ms | undefined
}

export type StreamInput =
  | { readonly type: 'request'; readonly of: ResourceType; readonly request: DiscoveryRequest }
  | { readonly type: 'target'; readonly resources: ViewResources; readonly sequence: number }
  | { readonly type: 'leaf'; readonly leaf: EnvoyResource }
  /** Time has passed. */
  | { readonly type: 'tick' }

export type StreamEvent =
  | {
      readonly type: 'acked'
      readonly of: ResourceType
      readonly told: readonly EnvoyResource[]
      readonly afterMs: Ms
    }
  | {
      readonly type: 'nacked'
      readonly of: ResourceType
      readonly nonce: string
      readonly error: string
      /** Empty while the resources of the response are being told apart. */
      readonly culprits: readonly EnvoyResource[]
    }
  | {
      readonly type: 'subscribed'
      readonly of: ResourceType
      readonly added: readonly string[]
    }
  /** Routes went out although some clusters' endpoints are not known to have arrived. */
  | { readonly type: 'stoppedWaiting'; readonly for: readonly string[] }

/** What one input led to. */
export interface Step {
  readonly state: StreamState
  readonly sends: readonly Response[]
  readonly events: readonly StreamEvent[]
}

const NOTHING: ViewResources = {
  cluster: NO_RESOURCES,
  endpoint: NO_RESOURCES,
  listener: NO_RESOURCES,
  route: NO_RESOURCES,
  secret: NO_RESOURCES,
}

export function openStream(noncePrefix: string): StreamState {
  return {
    noncePrefix,
    responses: 0,
    types: {
      cluster: FRESH_TYPE,
      endpoint: FRESH_TYPE,
      listener: FRESH_TYPE,
      route: FRESH_TYPE,
      secret: FRESH_TYPE,
    },
    target: NOTHING,
    sequence: 0,
    leaf: undefined,
    awaitedEndpoints: new Set(),
    waitingSince: undefined,
  }
}

export function setType(state: StreamState, type: ResourceType, of: TypeState): StreamState {
  return state.types[type] === of ? state : { ...state, types: { ...state.types, [type]: of } }
}

/** The moment at which the oldest unanswered response was sent; `undefined` when none is. */
export function unansweredSince(state: StreamState): Ms | undefined {
  const moments = RESOURCE_TYPES.flatMap((type) => state.types[type].inflight?.sentAt ?? [])
  return moments.length === 0 ? undefined : Math.min(...moments)
}

/** Own certificates are named so; such a name is served from the stream's own leaf or not at all. */
export const OWN_CERTIFICATE = 'service-cert:'

/** A resource as this proxy may have it. Another's certificate is not there, whoever asks and whatever the view holds. */
export function lookUp(
  state: StreamState,
  type: ResourceType,
  name: ResourceName,
): EnvoyResource | undefined {
  if (type !== 'secret' || !name.startsWith(OWN_CERTIFICATE)) return state.target[type].get(name)
  return state.leaf?.name === name ? state.leaf : undefined
}

/** Whether the client rejected something of the target that it would otherwise be told. */
export function isRejecting(state: StreamState, type: ResourceType): boolean {
  const { refused, refusedSet, subscription } = state.types[type]
  if (refused.size === 0 && refusedSet === '') return false
  return (
    [...refused].some(([name, version]) => lookUp(state, type, name)?.version === version) ||
    versionOf(scope(state.target[type], subscription)) === refusedSet
  )
}

/** Whether the client ACKed this very version of it on this stream. */
export function hasAcked(state: StreamState, { type, name, version }: EnvoyResource): boolean {
  const { acked, unproven, refused, subscription } = state.types[type]
  const isHeld = covers(subscription, name) && !unproven.has(name)
  return isHeld && refused.get(name) !== version && acked.get(name)?.version === version
}

/**
 * The newest publication of which the client has ACKed everything; 0 before the first. A client that holds a
 * wildcard is told everything of its view, so it has everything only once it asked for each name it was told of.
 */
export function provenSequence(state: StreamState): number {
  const proven = RESOURCE_TYPES.flatMap((type) => {
    const of = state.types[type]
    if (isTold(state, type)) return of.covered === state.target[type] ? of.proven : 0
    return of.subscription.requested ? of.proven : []
  })
  return proven.length === 0 ? 0 : Math.min(...proven)
}

function isTold(state: StreamState, type: ResourceType): boolean {
  const { cluster, listener } = state.types
  const holdsWildcard = cluster.subscription.wildcard || listener.subscription.wildcard
  return holdsWildcard && state.target[type].size > 0
}
