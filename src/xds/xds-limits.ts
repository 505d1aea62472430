/** What one proxy, and all of them, may cost the xDS server. Every bound has a default that suits thousands of proxies. */
import type { Ms } from '../model/clock.ts'
import type { RequestLimits } from './discovery-request.ts'

export interface XdsLimits extends RequestLimits {
  /** Of one request. Envoy's are a few kilobytes; the list of names is what grows. */
  readonly maxRequestBytes: number
  readonly maxConnections: number
  /** One pod has one connection, and a second while it reconnects; a node behind NAT has those of its pods. */
  readonly maxConnectionsPerAddress: number
  /** Beyond them the oldest stream of the proxy is closed: it is the one that is likely to be dead. */
  readonly maxStreamsPerProxy: number
  /** Requests that come before a stream is admitted. */
  readonly maxWaitingRequests: number
  readonly newStreamsPerSecond: number
  readonly newStreamsBurst: number
  readonly handshakeTimeoutMs: Ms
  /** A stream that never asks for anything would count as a proxy that never ACKs. */
  readonly firstRequestTimeoutMs: Ms
  /** How long a stream waits for the first publication before it is told UNAVAILABLE. */
  readonly firstPublicationTimeoutMs: Ms
  /** Envoy ACKs clusters only once they warmed, which may take two fetch timeouts of 15 s. */
  readonly ackTimeoutMs: Ms
  readonly keepaliveMs: Ms
  readonly keepaliveTimeoutMs: Ms
  /** ± 10 %. A new handshake checks the certificate again, and spreads proxies over replicas. */
  readonly connectionAgeMs: Ms
  /** Publications are taken together while they come closer than this ... */
  readonly quietMs: Ms
  /** ... but none waits longer than this. */
  readonly maxDelayMs: Ms
  /** The longest stretch of work between two turns of the event loop. */
  readonly sliceMs: Ms
  /** How long a view without proxies keeps what its proxies accepted and rejected. */
  readonly viewLingerMs: Ms
  /** How long `close` waits for connections to end. */
  readonly drainMs: Ms
}

export const DEFAULT_LIMITS: XdsLimits = {
  maxRequestBytes: 1024 * 1024,
  maxResourceNames: 20_000,
  maxResourceNameBytes: 1_024,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 512,
  maxStreamsPerProxy: 2,
  maxWaitingRequests: 64,
  newStreamsPerSecond: 500,
  newStreamsBurst: 1_000,
  handshakeTimeoutMs: 5_000,
  firstRequestTimeoutMs: 10_000,
  firstPublicationTimeoutMs: 15_000,
  ackTimeoutMs: 60_000,
  keepaliveMs: 30_000,
  keepaliveTimeoutMs: 10_000,
  connectionAgeMs: 30 * 60_000,
  quietMs: 8,
  maxDelayMs: 500,
  sliceMs: 5,
  viewLingerMs: 10 * 60_000,
  drainMs: 5_000,
}
