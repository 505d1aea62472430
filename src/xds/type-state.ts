/**
 * What one stream knows of one resource type: held names, what was sent, what is in flight, what was refused.
 * Both xDS variants stand on it. Values only; the transitions a request brings are here, sending is in delivery.ts.
 */
import type { Ms } from '../model/clock.ts'
import type {
  EnvoyResource,
  ResourceMap,
  ResourceName,
  ResourceType,
} from '../render/envoy/envoy-resource.ts'
import type { DiscoveryRequest } from './discovery-request.ts'
import { culpritsOf } from './nack-culprits.ts'
import { diffResources, NO_RESOURCES, versionOf } from './resource-diff.ts'
import {
  covers,
  isFullState,
  NO_SUBSCRIPTION,
  type Subscription,
  type SubscriptionChange,
} from './subscription.ts'

/** A response that has neither been ACKed nor NACKed. There is at most one per stream and type. */
export interface Inflight {
  readonly nonce: string
  readonly sentAt: Ms
  /** What it told anew: for a full-state type the resources that differ from before, else all it carries. */
  readonly told: readonly EnvoyResource[]
  /** The publication it was made from. */
  readonly sequence: number
  /** Once it is ACKed, the client has everything of this type as of that publication. */
  readonly complete: boolean
  /** It answers a subscription or follows a cluster; routes wait for it. */
  readonly essential: boolean
}

export interface TypeState {
  readonly subscription: Subscription
  /** Every name held and not `owed` was sent as it stands here. */
  readonly sent: ResourceMap
  /** `sent` as of the last ACK. */
  readonly acked: ResourceMap
  /** Held names that must be sent whatever the client was sent before. */
  readonly owed: ReadonlySet<ResourceName>
  /** An answer is due even if there is nothing to tell. */
  readonly mustAnswer: boolean
  /** Held names that the client never ACKed on this stream: it has no earlier version to fall back on. */
  readonly unproven: ReadonlySet<ResourceName>
  readonly inflight: Inflight | undefined
  /** The last nonce sent; empty before the first response. */
  readonly lastNonce: string
  /** The version of a name that this client rejected: never sent to it again. */
  readonly refused: ReadonlyMap<ResourceName, string>
  /** The version of a whole set that it rejected without saying why; empty for none. Never sent to it again. */
  readonly refusedSet: string
  /** Names of a rejected response that are sent again one by one, as the client did not say which was wrong. */
  readonly suspects: readonly ResourceName[]
  /** The newest publication all of whose content of this type is ACKed; 0 for none. */
  readonly proven: number
  /** The newest map every name of which the client is known to hold. */
  readonly covered: ResourceMap
}

export const FRESH_TYPE: TypeState = {
  subscription: NO_SUBSCRIPTION,
  sent: NO_RESOURCES,
  acked: NO_RESOURCES,
  owed: new Set(),
  mustAnswer: false,
  unproven: new Set(),
  inflight: undefined,
  lastNonce: '',
  refused: new Map(),
  refusedSet: '',
  suspects: [],
  proven: 0,
  covered: NO_RESOURCES,
}

/** What a request says of the last response. Its names are another, independent fact. */
export type Verdict = 'first' | 'ack' | 'nack' | 'stale'

/**
 * `first`: it answers nothing (no nonce, or one of an earlier stream). `stale`: it answers a response that is settled or
 * was never sent. A NACK is known by `error_detail` alone: versions repeat when a name is added.
 */
export function verdictOf(state: TypeState, request: DiscoveryRequest): Verdict {
  if (request.responseNonce === '' || state.lastNonce === '') return 'first'
  if (state.inflight === undefined || request.responseNonce !== state.inflight.nonce) return 'stale'
  return request.errorDetail === undefined ? 'ack' : 'nack'
}

export function acknowledge(state: TypeState, inflight: Inflight): TypeState {
  return {
    ...state,
    inflight: undefined,
    acked: state.sent,
    unproven: without(state.unproven, inflight.told),
    proven: inflight.complete ? Math.max(state.proven, inflight.sequence) : state.proven,
  }
}

export interface Rejection {
  readonly state: TypeState
  /** The resources held to be wrong; empty while they are still being told apart. */
  readonly culprits: readonly EnvoyResource[]
}

/**
 * The client keeps what it had. Names that its error gives are the culprits. Where it gives none and the response told
 * several, resources are sent again one by one, or, of a type that is told whole, that set is not sent again.
 */
export function reject(
  state: TypeState,
  type: ResourceType,
  inflight: Inflight,
  errorDetail: string,
): Rejection {
  const { told } = inflight
  const named = culpritsOf(errorDetail, told)
  const culprits = named.length > 0 ? named : told
  const isVague = named.length === 0 && told.length > 1
  const settled = { ...state, inflight: undefined }
  if (!isFullState(type)) {
    // A response is accepted or rejected whole: what was right in it is sent again, without what was wrong.
    const innocent = told.filter((one) => !culprits.includes(one))
    return isVague
      ? { state: { ...settled, suspects: namesOf(told), owed: owing(state, told) }, culprits: [] }
      : {
          state: { ...settled, refused: refuse(state, culprits), owed: owing(state, innocent) },
          culprits,
        }
  }
  return isVague || !hasAccepted(state)
    ? { state: { ...settled, refusedSet: versionOf(state.sent) }, culprits }
    : { state: { ...settled, refused: refuse(state, culprits) }, culprits }
}

/**
 * Until the client ACKed a set on this stream we do not know what it runs, perhaps since an earlier stream: a set that
 * leaves something out would delete it there.
 */
export function hasAccepted(state: TypeState): boolean {
  return state.acked !== NO_RESOURCES
}

function namesOf(resources: readonly EnvoyResource[]): readonly ResourceName[] {
  return resources.map((resource) => resource.name)
}

function owing(state: TypeState, more: readonly EnvoyResource[]): ReadonlySet<ResourceName> {
  return new Set([...state.owed, ...namesOf(more)])
}

/** What the client runs is never refused: taking it away on a second error would break traffic that works. */
function refuse(state: TypeState, culprits: readonly EnvoyResource[]): TypeState['refused'] {
  const refused = new Map(state.refused)
  for (const { name, version } of culprits)
    if (lastAcked(state, name)?.version !== version) refused.set(name, version)
  return refused
}

/** The version of a name that this client accepted last, if it ever did. */
export function lastAcked(state: TypeState, name: ResourceName): EnvoyResource | undefined {
  return state.unproven.has(name) ? undefined : state.acked.get(name)
}

export function resubscribe(
  state: TypeState,
  type: ResourceType,
  change: SubscriptionChange,
): TypeState {
  const { subscription, added, removed, becameWildcard } = change
  const isFirst = !state.subscription.requested
  if (!isFirst && subscription === state.subscription) return state
  const gone = new Set(removed)
  const isKept = (name: ResourceName): boolean => !gone.has(name)
  return {
    ...state,
    subscription,
    ...(isFullState(type) ? scopeSent(state, subscription) : {}),
    owed: new Set([...[...state.owed].filter(isKept), ...added]),
    unproven: new Set([...[...state.unproven].filter(isKept), ...added]),
    // An added name is told again, though it was refused before: the client asks for it anew.
    refused: new Map([...state.refused].filter(([name]) => isKept(name) && !added.includes(name))),
    refusedSet: '',
    suspects: state.suspects.filter(isKept),
    mustAnswer:
      state.mustAnswer || (isFullState(type) && (isFirst || becameWildcard || added.length > 0)),
    covered: removed.length > 0 ? NO_RESOURCES : state.covered,
  }
}

/** A full-state client drops what it no longer asks for. */
function scopeSent(
  state: TypeState,
  subscription: Subscription,
): Pick<TypeState, 'sent' | 'acked'> {
  return { sent: scope(state.sent, subscription), acked: scope(state.acked, subscription) }
}

export function scope(resources: ResourceMap, subscription: Subscription): ResourceMap {
  if (subscription.wildcard || resources.size === 0) return resources
  return new Map([...resources].filter(([name]) => covers(subscription, name)))
}

/** Whether the client holds every name of the map; remembers the newest map for which it did. */
export function withCoverage(state: TypeState, resources: ResourceMap): TypeState {
  if (state.covered === resources) return state
  const { changed } = diffResources(state.covered, resources)
  const holdsAll = changed.every((resource) => covers(state.subscription, resource.name))
  return holdsAll ? { ...state, covered: resources } : state
}

function without(
  names: ReadonlySet<ResourceName>,
  resources: readonly EnvoyResource[],
): ReadonlySet<ResourceName> {
  if (names.size === 0) return names
  const told = new Set(namesOf(resources))
  return new Set([...names].filter((name) => !told.has(name)))
}
