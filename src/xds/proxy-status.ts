/** One connected proxy as a person reads it: what it asked for, what it was sent, what it accepted. */
import type { Instant, Ms } from '../model/clock.ts'
import { type AccountKey, toAccountKey } from '../model/service-account.ts'
import { RESOURCE_TYPES, type ResourceType } from '../render/envoy/envoy-resource.ts'
import type { ProxyStream } from './proxy-stream.ts'
import { versionOf } from './resource-diff.ts'
import { provenSequence, type StreamState } from './stream-state.ts'
import { covers } from './subscription.ts'

export interface TypeStatus {
  /** `all` for a wildcard, otherwise the number of names; absent before the first request. */
  readonly subscribed?: 'all' | number
  readonly sent: string
  readonly acked: string
  readonly unanswered: boolean
  /** Names at the version that the proxy rejected. */
  readonly rejected: readonly string[]
  /** Names the view holds that the proxy has not asked for. */
  readonly notAsked: readonly string[]
}

export interface ProxyStatus {
  readonly proxy: string
  readonly account: AccountKey
  readonly view: string | undefined
  readonly peer: string
  readonly connectedAt: Instant
  readonly certificateEndsAt: Instant
  /** It has ACKed everything that its view holds. */
  readonly converged: boolean
  readonly types: Readonly<Record<ResourceType, TypeStatus>>
  readonly unansweredSince: Ms | undefined
}

export function statusOf(stream: ProxyStream): ProxyStatus {
  const { proxy, view, peer, connectedAt, notAfter, state, unansweredSince } = stream
  const types = Object.fromEntries(
    RESOURCE_TYPES.map((type) => [type, typeStatusOf(state, type)]),
  ) as Record<ResourceType, TypeStatus>
  return {
    proxy: proxy.proxyUid,
    account: toAccountKey(proxy.account),
    view: view?.id,
    peer,
    connectedAt,
    certificateEndsAt: notAfter,
    converged: state.sequence > 0 && provenSequence(state) === state.sequence,
    types,
    unansweredSince,
  }
}

function typeStatusOf(state: StreamState, type: ResourceType): TypeStatus {
  const { subscription, sent, acked, inflight, refused } = state.types[type]
  const target = state.target[type]
  return {
    ...(subscription.requested
      ? { subscribed: subscription.wildcard ? 'all' : subscription.names.size }
      : {}),
    sent: versionOf(sent),
    acked: versionOf(acked),
    unanswered: inflight !== undefined,
    rejected: [...refused.keys()],
    notAsked: [...target.keys()].filter((name) => !covers(subscription, name)),
  }
}
