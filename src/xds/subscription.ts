/**
 * What a client holds of one type, and how a state-of-the-world request changes it
 * (xDS protocol, "How the client specifies what resources to return" and "Wildcard subscriptions").
 */
import type { ResourceName, ResourceType } from '../render/envoy/envoy-resource.ts'

export interface Subscription {
  /** A request of the type has come on this stream. */
  readonly requested: boolean
  /** A name (`*` and the empty one count) was ever given on this stream: from then on an empty list means nothing. */
  readonly named: boolean
  readonly wildcard: boolean
  readonly names: ReadonlySet<ResourceName>
  /** The names as the last request had them. */
  readonly listed: readonly string[]
}

export interface SubscriptionChange {
  /** The same object when nothing changed. */
  readonly subscription: Subscription
  /** Must be told again, even at a version the client was sent before. */
  readonly added: readonly ResourceName[]
  readonly removed: readonly ResourceName[]
  readonly becameWildcard: boolean
}

/** Only these are told whole, and only these know a wildcard; an empty list of routes or secrets asks for nothing. */
const FULL_STATE_TYPES: ReadonlySet<ResourceType> = new Set(['cluster', 'listener'])

export const NO_SUBSCRIPTION: Subscription = {
  requested: false,
  named: false,
  wildcard: false,
  names: new Set(),
  listed: [],
}

export function isFullState(type: ResourceType): boolean {
  return FULL_STATE_TYPES.has(type)
}

export function covers(subscription: Subscription, name: ResourceName): boolean {
  return subscription.wildcard || subscription.names.has(name)
}

/** A state-of-the-world request carries the whole list of names each time. */
export function subscribe(
  before: Subscription,
  type: ResourceType,
  listed: readonly string[],
): SubscriptionChange {
  if (before.requested && isSameList(before.listed, listed)) return unchanged(before)
  const named = before.named || listed.length > 0
  const legacyWildcard = !named && isFullState(type)
  const names = new Set(listed.filter((name) => name !== '*' && name !== '')) as Set<ResourceName>
  const wildcard = legacyWildcard || (listed.includes('*') && isFullState(type))
  return {
    subscription: { requested: true, named, wildcard, names, listed },
    added: [...names].filter((name) => !before.names.has(name)),
    removed: [...before.names].filter((name) => !names.has(name)),
    becameWildcard: wildcard && !before.wildcard,
  }
}

/** The common case: an ACK repeats the names. */
function isSameList(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && after.every((name, index) => name === before[index])
}

function unchanged(subscription: Subscription): SubscriptionChange {
  return { subscription, added: [], removed: [], becameWildcard: false }
}
