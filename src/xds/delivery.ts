/**
 * Decides which responses may go out now (make before break, design rule 3): clusters first, with those that vanish
 * still among them; endpoints and secrets; listeners and routes once the new clusters can take traffic; and the
 * removals when the client has ACKed the routes that no longer need them.
 */
import type { Ms } from '../model/clock.ts'
import type { EnvoyResource, ResourceName, ResourceType } from '../render/envoy/envoy-resource.ts'
import type { Response } from './discovery-response.ts'
import { type Draft, draftFor, hasAll } from './draft.ts'
import { versionOf } from './resource-diff.ts'
import { lookUp, type Step, type StreamEvent, type StreamState, setType } from './stream-state.ts'
import { isFullState } from './subscription.ts'
import { type TypeState, withCoverage } from './type-state.ts'

/** How long routes wait for the endpoints of a new cluster before they go out without them. */
const PATIENCE_MS = 5_000

/** Secrets before listeners: on a change of trust the client must know the new root before it meets it. */
const DELIVERY_ORDER = [
  'cluster',
  'endpoint',
  'secret',
  'listener',
  'route',
] as const satisfies readonly ResourceType[]

interface Delivery {
  readonly state: StreamState
  readonly sends: readonly Response[]
}

export function deliver(state: StreamState, now: Ms): Step {
  let current: Delivery = { state: withoutVanished(state), sends: [] }
  let events: readonly StreamEvent[] = []
  let isWaiting = false
  for (const type of DELIVERY_ORDER) {
    const draft = draftFor(current.state, type)
    if (draft !== undefined && mustWait(current.state, type)) {
      const { waitingSince } = state
      isWaiting = waitingSince === undefined || now - waitingSince < PATIENCE_MS
      if (isWaiting) continue
      if (events.length === 0)
        events = [{ type: 'stoppedWaiting', for: [...current.state.awaitedEndpoints] }]
      current = { ...current, state: { ...current.state, awaitedEndpoints: new Set() } }
    }
    current = draft === undefined ? settle(current, type) : send(current, type, draft, now)
  }
  const waitingSince = isWaiting ? (current.state.waitingSince ?? now) : undefined
  const { sends } = current
  return { state: prove({ ...current.state, waitingSince }), sends, events }
}

/** An awaited cluster that is no longer published will never be asked for. */
function withoutVanished(state: StreamState): StreamState {
  const { awaitedEndpoints, target } = state
  if (awaitedEndpoints.size === 0) return state
  const awaited = [...awaitedEndpoints].filter((name) => target.endpoint.has(name as ResourceName))
  return awaited.length === awaitedEndpoints.size
    ? state
    : { ...state, awaitedEndpoints: new Set(awaited) }
}

/** A listener or a route waits until the clusters it may name can take traffic. */
function mustWait(state: StreamState, type: ResourceType): boolean {
  if (type !== 'listener' && type !== 'route') return false
  const { cluster } = state.types
  return (
    cluster.inflight !== undefined ||
    isAwaiting(state, 'endpoint') ||
    isAwaiting(state, 'secret') ||
    state.awaitedEndpoints.size > 0
  )
}

function isAwaiting(state: StreamState, type: 'endpoint' | 'secret'): boolean {
  const { inflight, owed } = state.types[type]
  return (
    inflight?.essential === true ||
    [...owed].some((name) => lookUp(state, type, name) !== undefined)
  )
}

function send(delivery: Delivery, type: ResourceType, draft: Draft, now: Ms): Delivery {
  const { state } = delivery
  const of = state.types[type]
  const responses = state.responses + 1
  const nonce = `${state.noncePrefix}.${responses.toString(36)}`
  const { told, complete, essential } = draft
  const sent: TypeState = {
    ...of,
    sent: draft.sent,
    owed: draft.stillOwed,
    suspects: draft.suspects,
    mustAnswer: false,
    lastNonce: nonce,
    inflight: { nonce, sentAt: now, told, sequence: state.sequence, complete, essential },
  }
  const response = {
    type,
    nonce,
    resources: draft.carries,
    version: versionFor(state, type, draft),
  }
  const next = setType({ ...state, responses }, type, sent)
  return {
    state: type === 'cluster' ? followWithEndpoints(next, told) : next,
    sends: [...delivery.sends, response],
  }
}

/** The response's version is the client's to report back; it tells states apart and decides nothing. */
function versionFor(state: StreamState, type: ResourceType, draft: Draft): string {
  const version = versionOf(draft.sent)
  return type === 'secret' && state.leaf !== undefined
    ? `${version}-${state.leaf.version}`
    : version
}

/**
 * A cluster that was added or changed warms until its endpoints come again, even if they did not change
 * (envoy #9934, xDS protocol "Resource warming"). A cluster and its ClusterLoadAssignment have the same name.
 */
function followWithEndpoints(state: StreamState, told: readonly EnvoyResource[]): StreamState {
  const names = told
    .map((cluster) => cluster.name)
    .filter((name) => state.target.endpoint.has(name))
  if (names.length === 0) return state
  const { cluster, endpoint } = state.types
  const held = names.filter((name) => endpoint.subscription.names.has(name))
  // A client that names its clusters (gRPC) learns them from its routes, and asks for endpoints once it uses them.
  const awaited = cluster.subscription.wildcard
    ? names.filter((name) => !endpoint.subscription.names.has(name))
    : []
  return {
    ...setType(state, 'endpoint', { ...endpoint, owed: new Set([...endpoint.owed, ...held]) }),
    awaitedEndpoints: new Set([...state.awaitedEndpoints, ...awaited]),
  }
}

/** Nothing to send: what the client has is what the target says, so that later differences are told from there. */
function settle(delivery: Delivery, type: ResourceType): Delivery {
  const { state } = delivery
  const of = state.types[type]
  if (of.inflight !== undefined || isFullState(type) || of.sent === state.target[type])
    return delivery
  const owed = [...of.owed].filter((name) => lookUp(state, type, name) !== undefined)
  return {
    ...delivery,
    state: setType(state, type, {
      ...of,
      sent: state.target[type],
      owed: new Set(owed),
      suspects: [],
    }),
  }
}

/** Notes which types the client now has in full. */
function prove(state: StreamState): StreamState {
  return DELIVERY_ORDER.reduce((current, type) => {
    const of = withCoverage(current.types[type], current.target[type])
    const isProven = of.proven < current.sequence && hasAll(current, type)
    return setType(current, type, isProven ? { ...of, proven: current.sequence } : of)
  }, state)
}
