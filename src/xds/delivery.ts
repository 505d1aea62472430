/**
 * Decides which responses may go out now (make before break, design rule 3): clusters first, with those that vanish
 * still among them; endpoints and secrets; listeners and routes once the new clusters can take traffic; and the
 * removals when the client has ACKed the routes that no longer need them.
 */
import type { Ms } from '../model/clock.ts'
import type {
  EnvoyResource,
  ResourceMap,
  ResourceName,
  ResourceType,
} from '../render/envoy/envoy-resource.ts'
import type { Response } from './discovery-response.ts'
import { diffResources, isSameContent, listOf, unionOf, versionOf } from './resource-diff.ts'
import {
  isRejecting,
  lookUp,
  type Step,
  type StreamEvent,
  type StreamState,
  setType,
} from './stream-state.ts'
import { covers, isFullState } from './subscription.ts'
import { hasAccepted, lastAcked, scope, type TypeState, withCoverage } from './type-state.ts'

/** How long routes wait for the endpoints of a new cluster before they go out without them. */
export const PATIENCE_MS = 5_000

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

/** A response that could be sent, and what the client has once it is. */
interface Draft {
  readonly carries: readonly EnvoyResource[]
  readonly told: readonly EnvoyResource[]
  readonly sent: ResourceMap
  readonly stillOwed: ReadonlySet<ResourceName>
  readonly suspects: readonly ResourceName[]
  readonly complete: boolean
  readonly essential: boolean
}

function draftFor(state: StreamState, type: ResourceType): Draft | undefined {
  const of = state.types[type]
  if (of.inflight !== undefined || !of.subscription.requested) return undefined
  return isFullState(type) ? fullDraft(state, type) : partialDraft(state, type)
}

/** LDS and CDS: every response carries the whole subscription, and what it leaves out is deleted. */
function fullDraft(state: StreamState, type: ResourceType): Draft | undefined {
  const of = state.types[type]
  const wanted = wantedOf(state, type)
  const { changed, removed } = diffResources(of.sent, wanted)
  const owed = [...of.owed].flatMap((name) => wanted.get(name) ?? [])
  if (!of.mustAnswer && changed.length === 0 && removed.length === 0 && owed.length === 0)
    return undefined
  return {
    carries: listOf(wanted),
    // After a rejection the client is where it was before it: all that differs from there is new to it.
    told: [...new Set([...diffResources(of.acked, wanted).changed, ...owed])],
    sent: wanted,
    stillOwed: new Set(),
    suspects: [],
    complete:
      !isRejecting(state, type) &&
      (!of.subscription.wildcard || diffResources(wanted, state.target[type]).removed.length === 0),
    essential: true,
  }
}

function wantedOf(state: StreamState, type: ResourceType): ResourceMap {
  const of = state.types[type]
  const wanted = heldBack(of, scope(state.target[type], of.subscription))
  if (of.refusedSet !== '' && versionOf(wanted) === of.refusedSet)
    return hasAccepted(of) ? of.acked : of.sent
  return type === 'cluster' && !mayRemoveClusters(state) ? unionOf(of.acked, wanted) : wanted
}

/** What this client rejected is told at the version it accepted last, or not at all. */
function heldBack(of: TypeState, resources: ResourceMap): ResourceMap {
  const refused = [...of.refused].filter(
    ([name, version]) => resources.get(name)?.version === version,
  )
  if (refused.length === 0) return resources
  const held = new Map(resources)
  for (const [name] of refused) {
    const last = lastAcked(of, name)
    if (last === undefined) held.delete(name)
    else held.set(name, last)
  }
  return held
}

/**
 * The client runs the listeners and routes of the target, so that none it runs can name a removed cluster. A client that
 * names its clusters (gRPC) ACKs a route before it leaves the old cluster, and drops the name once it has.
 */
function mayRemoveClusters(state: StreamState): boolean {
  return (
    state.types.cluster.subscription.wildcard &&
    isSettled(state, 'listener') &&
    isSettled(state, 'route')
  )
}

/** Nothing sent is unanswered, nothing is left to send, nothing of the target was rejected. */
function isSettled(state: StreamState, type: ResourceType): boolean {
  const of = state.types[type]
  if (!of.subscription.requested) return true
  return (
    of.inflight === undefined &&
    !isRejecting(state, type) &&
    draftFor(state, type) === undefined &&
    (!isFullState(type) || isSameContent(of.acked, of.sent))
  )
}

/** All other types: only what is new to the client, and never an empty response, which Envoy takes for a deletion. */
function partialDraft(state: StreamState, type: ResourceType): Draft | undefined {
  const of = state.types[type]
  const due = dueOf(state, type)
  if (due.length === 0) return undefined
  const [suspect] = of.suspects.flatMap((name) => due.find((one) => one.name === name) ?? [])
  const told = suspect === undefined ? due : [suspect]
  const rest = due.filter((resource) => !told.includes(resource))
  return {
    carries: told,
    told,
    sent: state.target[type],
    stillOwed: new Set(rest.map((resource) => resource.name)),
    suspects: suspect === undefined ? [] : of.suspects.filter((name) => name !== suspect.name),
    complete: rest.length === 0 && !isRejecting(state, type),
    essential: told.some((resource) => of.owed.has(resource.name)),
  }
}

function dueOf(state: StreamState, type: ResourceType): readonly EnvoyResource[] {
  const of = state.types[type]
  const changed = diffResources(of.sent, state.target[type]).changed
  const owed = [...of.owed].flatMap((name) => lookUp(state, type, name) ?? [])
  return [...new Set([...changed, ...owed])].filter(
    ({ name, version }) =>
      covers(of.subscription, name) &&
      of.refused.get(name) !== version &&
      lookUp(state, type, name) !== undefined,
  )
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

function hasAll(state: StreamState, type: ResourceType): boolean {
  const of = state.types[type]
  if (!of.subscription.requested || !isSettled(state, type)) return false
  if (!isFullState(type)) return true
  const wanted = scope(state.target[type], of.subscription)
  const { changed, removed } = diffResources(of.sent, wanted)
  return changed.length === 0 && (removed.length === 0 || !of.subscription.wildcard)
}
