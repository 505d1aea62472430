/** What a stream would be told next of one type, if it may be told now. */
import type {
  EnvoyResource,
  ResourceMap,
  ResourceName,
  ResourceType,
} from '../render/envoy/envoy-resource.ts'
import { diffResources, isSameContent, listOf, unionOf, versionOf } from './resource-diff.ts'
import { isRejecting, lookUp, type StreamState } from './stream-state.ts'
import { covers, isFullState } from './subscription.ts'
import { hasAccepted, lastAcked, scope, type TypeState } from './type-state.ts'

/** A response that could be sent, and what the client has once it is. */
export interface Draft {
  readonly carries: readonly EnvoyResource[]
  readonly told: readonly EnvoyResource[]
  readonly sent: ResourceMap
  readonly stillOwed: ReadonlySet<ResourceName>
  readonly suspects: readonly ResourceName[]
  readonly complete: boolean
  readonly essential: boolean
}

/** Nothing while a response of the type is unanswered, or nothing is left to tell. */
export function draftFor(state: StreamState, type: ResourceType): Draft | undefined {
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

/** The client has all of the target that it asked for, and has ACKed it. */
export function hasAll(state: StreamState, type: ResourceType): boolean {
  const of = state.types[type]
  if (!of.subscription.requested || !isSettled(state, type)) return false
  if (!isFullState(type)) return true
  const wanted = scope(state.target[type], of.subscription)
  const { changed, removed } = diffResources(of.sent, wanted)
  return changed.length === 0 && (removed.length === 0 || !of.subscription.wildcard)
}
