/**
 * The protocol of one stream as a pure machine: what came in, what is held, what goes out. It performs nothing;
 * proxy-stream.ts carries out what it says. Time is an input.
 */
import type { Ms } from '../model/clock.ts'
import type { EnvoyResource, ResourceType } from '../render/envoy/envoy-resource.ts'
import { deliver } from './delivery.ts'
import type { DiscoveryRequest } from './discovery-request.ts'
import {
  type Step,
  type StreamEvent,
  type StreamInput,
  type StreamState,
  setType,
} from './stream-state.ts'
import { type SubscriptionChange, subscribe } from './subscription.ts'
import { acknowledge, reject, resubscribe, type TypeState, verdictOf } from './type-state.ts'

/** Total: every input is answered in every state. Requests are expected only once a target is set. */
export function step(state: StreamState, input: StreamInput, now: Ms): Step {
  const taken = take(state, input, now)
  const delivered = deliver(taken.state, now)
  return { ...delivered, events: [...taken.events, ...delivered.events] }
}

type Taken = Pick<Step, 'state' | 'events'>

function take(state: StreamState, input: StreamInput, now: Ms): Taken {
  switch (input.type) {
    case 'request':
      return takeRequest(state, input.of, input.request, now)
    case 'target':
      return {
        state: { ...state, target: input.resources, sequence: input.sequence },
        events: [],
      }
    case 'leaf':
      return { state: takeLeaf(state, input.leaf), events: [] }
    case 'tick':
      return { state, events: [] }
  }
}

/** Two independent facts: the verdict on the last response, and the change in what is subscribed. Either may be alone. */
function takeRequest(
  state: StreamState,
  of: ResourceType,
  request: DiscoveryRequest,
  now: Ms,
): Taken {
  const judged = takeVerdict(state.types[of], of, request, now)
  const change = subscribe(judged.state.subscription, of, request.resourceNames)
  const next = setType(state, of, resubscribe(judged.state, of, change))
  const subscribed: readonly StreamEvent[] =
    change.added.length === 0 ? [] : [{ type: 'subscribed', of, added: change.added }]
  return {
    state: of === 'endpoint' ? awaitDropped(next, change) : next,
    events: [...judged.events, ...subscribed],
  }
}

function takeVerdict(
  state: TypeState,
  of: ResourceType,
  request: DiscoveryRequest,
  now: Ms,
): { readonly state: TypeState; readonly events: readonly StreamEvent[] } {
  const { inflight } = state
  const verdict = verdictOf(state, request)
  if (inflight === undefined || verdict === 'first' || verdict === 'stale')
    return { state, events: [] }
  if (verdict === 'ack')
    return {
      state: acknowledge(state, inflight),
      events: [{ type: 'acked', of, told: inflight.told, afterMs: now - inflight.sentAt }],
    }
  const error = request.errorDetail ?? ''
  const rejection = reject(state, of, inflight, error)
  const { culprits } = rejection
  return {
    state: rejection.state,
    events: [{ type: 'nacked', of, nonce: inflight.nonce, error, culprits }],
  }
}

function takeLeaf(state: StreamState, leaf: EnvoyResource): StreamState {
  const secrets = state.types.secret
  const isHeld = secrets.subscription.names.has(leaf.name)
  const next = { ...state, leaf }
  return isHeld
    ? setType(next, 'secret', { ...secrets, owed: new Set([...secrets.owed, leaf.name]) })
    : next
}

/**
 * A name asked for is awaited no more. One dropped is, if the client was sent its cluster since: it was dropped with an
 * earlier removal of the cluster, and will be asked for again.
 */
function awaitDropped(
  state: StreamState,
  { subscription, removed }: SubscriptionChange,
): StreamState {
  const { cluster } = state.types
  const dropped = removed.filter((name) => cluster.subscription.wildcard && cluster.sent.has(name))
  if (dropped.length === 0 && state.awaitedEndpoints.size === 0) return state
  const awaited = [...state.awaitedEndpoints, ...dropped]
  const held: ReadonlySet<string> = subscription.names
  return { ...state, awaitedEndpoints: new Set(awaited.filter((name) => !held.has(name))) }
}
