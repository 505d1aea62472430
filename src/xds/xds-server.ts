/** The xDS server: who may connect, how long a stream may live, and the way in for publications. */
import { type Server as GrpcServer, ServerCredentials, status } from '@grpc/grpc-js'
import type { Registry } from 'prom-client'
import type { Clock, Ms } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import type { TrustDomain } from '../model/spiffe-id.ts'
import { TokenBucket } from '../model/token-bucket.ts'
import { adsServer } from './ads-service.ts'
import {
  type Authenticated,
  assertMayListen,
  authenticate,
  type XdsAuthentication,
} from './authenticate.ts'
import type { CommitOf, Enforcement } from './enforcement.ts'
import { Fleet } from './fleet.ts'
import { type ProxyStatus, statusOf } from './proxy-status.ts'
import { type AdsCall, ProxyStream } from './proxy-stream.ts'
import { type TlsIdentity, XdsCredentials } from './xds-credentials.ts'
import { DEFAULT_LIMITS, type XdsLimits } from './xds-limits.ts'
import { type ListenAddress, XdsListener } from './xds-listener.ts'
import { XdsMetrics } from './xds-metrics.ts'
import type { XdsSource } from './xds-source.ts'

export interface XdsServerOptions {
  readonly source: XdsSource
  readonly trustDomain: TrustDomain
  readonly credentials: XdsAuthentication
  readonly clock: Clock
  readonly log: Logger
  readonly registry: Registry
  readonly limits?: Partial<XdsLimits>
}

/** How a stream is told to go: `reason` for the metric, `details` for the client. */
interface Ending {
  readonly reason: string
  readonly code: status
  readonly details: string
}

const SHUTTING_DOWN = {
  code: status.UNAVAILABLE,
  details: 'the control plane is shutting down',
} as const

/** How often deadlines are looked at. */
const LOOK_MS = 500

export class XdsServer {
  readonly #options: XdsServerOptions
  readonly #limits: XdsLimits
  readonly #metrics: XdsMetrics
  readonly #fleet: Fleet
  readonly #grpc: GrpcServer
  readonly #credentials: ServerCredentials
  readonly #listener: XdsListener
  readonly #newStreams: TokenBucket
  readonly #closing = new AbortController()
  readonly #idPrefix: string
  #opened = 0

  constructor(options: XdsServerOptions) {
    const { credentials, clock, log, registry, source } = options
    const limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#options = options
    this.#limits = limits
    this.#metrics = new XdsMetrics(registry, () => this.#fleet.streams.size)
    this.#fleet = new Fleet({ source, clock, log, limits, metrics: this.#metrics })
    this.#newStreams = new TokenBucket(clock, limits.newStreamsPerSecond, limits.newStreamsBurst)
    this.#idPrefix = clock.now().toString(36)
    this.#grpc = adsServer(limits, (call) => this.#open(call))
    this.#credentials =
      credentials.type === 'mtls'
        ? new XdsCredentials(credentials.server, limits.handshakeTimeoutMs)
        : ServerCredentials.createInsecure()
    this.#listener = new XdsListener({
      grpc: this.#grpc,
      credentials: this.#credentials,
      limits,
      onRefused: (reason) => this.#metrics.refused(reason),
    })
  }

  /** Rejects with the system's error where the address cannot be had. */
  async listen(address: ListenAddress): Promise<{ readonly port: number }> {
    assertMayListen(this.#options.credentials, address.host)
    const bound = await this.#listener.listen(address)
    void this.#watch()
    return bound
  }

  /**
   * The source has something new, made from this commit of the repository. Returns at once; proxies whose view did not change
   * are not told anything. `since` is an instant of the monotonic clock from which the commit's way is measured, too.
   */
  publish(publication: CommitOf & { readonly since?: Ms }): void {
    this.#fleet.publish(publication)
  }

  /** The source has something new that no commit is the reason for: an endpoint moved, a repository is not followed any more. */
  republish(): void {
    this.#fleet.republish()
  }

  /** The repository is followed no more: none of its commits is waited for. */
  forget(repository: string): void {
    this.#fleet.enforcement.forget(repository)
  }

  /** How far a commit has come; `undefined` for one that was never published here. */
  enforcement(of: CommitOf): Enforcement | undefined {
    return this.#fleet.enforcement.enforcement(of)
  }

  /** Calls back with each commit that is enforced, rejected or superseded, until the signal aborts. */
  onEnforcement(listener: (enforcement: Enforcement) => void, signal: AbortSignal): void {
    this.#fleet.enforcement.onEnd(listener, signal)
  }

  /** Resolves when a published commit is enforced, rejected or superseded. Rejects with the signal's reason. */
  settled(of: CommitOf, signal: AbortSignal): Promise<Enforcement> {
    return this.#fleet.enforcement.settled(of, signal)
  }

  /** The streams that are open, for people. */
  proxies(): readonly ProxyStatus[] {
    return [...this.#fleet.streams].map(statusOf)
  }

  /** The server's certificate or the trusted roots changed: handshakes from now on use these. */
  rotate(server: TlsIdentity): void {
    if (!(this.#credentials instanceof XdsCredentials))
      throw new Error('a plaintext xDS server has no certificate to rotate')
    this.#credentials.rotate(server)
  }

  /** Accepts nothing more, tells every connection to go elsewhere, and cuts those that have not gone in time. */
  async close(signal?: AbortSignal): Promise<void> {
    this.#closing.abort()
    this.#fleet.close()
    const drained = this.#listener.stop()
    this.#grpc.tryShutdown(() => {}) // GOAWAY on every connection
    for (const stream of this.#fleet.streams)
      stream.close(SHUTTING_DOWN.code, SHUTTING_DOWN.details)
    const over = new AbortController()
    const limit = AbortSignal.any([over.signal, ...(signal ? [signal] : [])])
    await Promise.race([drained, this.#options.clock.sleep(this.#limits.drainMs, limit)])
    over.abort()
    this.#listener.cutAll()
    this.#grpc.forceShutdown()
  }

  #open(call: AdsCall): void {
    const { credentials, clock, log, trustDomain } = this.#options
    const expected = { trustDomain, now: clock.now() }
    const peer = authenticate(call.getAuthContext(), credentials, expected)
    if (!peer.ok)
      log.warn('refused a peer', { security: true, peer: call.getPeer(), reason: peer.error })
    const ending = peer.ok ? this.#reasonToRefuse() : unauthenticated(peer.error)
    if (ending !== undefined) {
      this.#metrics.refused(ending.reason)
      call.emit('error', ending)
    } else if (peer.ok) {
      this.#closeOldest(peer.value)
      this.#fleet.add(this.#streamOf(call, peer.value))
    }
  }

  #reasonToRefuse(): Ending | undefined {
    if (this.#closing.signal.aborted) return { reason: 'closing', ...SHUTTING_DOWN }
    return this.#newStreams.take()
      ? undefined
      : {
          reason: 'rate',
          code: status.RESOURCE_EXHAUSTED,
          details: 'too many new streams at once; try again',
        }
  }

  /** A proxy that reconnects must not be locked out by its own dead stream. */
  #closeOldest({ proxy }: Authenticated): void {
    const own = this.#fleet.streamsOf(proxy.proxyUid)
    for (const stream of own.slice(0, own.length - this.#limits.maxStreamsPerProxy + 1)) {
      this.#metrics.refused('streamsPerProxy')
      stream.close(status.RESOURCE_EXHAUSTED, 'this proxy opened a newer stream')
    }
  }

  #streamOf(call: AdsCall, { proxy, notAfter }: Authenticated): ProxyStream {
    const { clock, log } = this.#options
    this.#opened += 1
    return new ProxyStream({
      id: `${this.#idPrefix}-${this.#opened.toString(36)}`,
      call,
      proxy,
      notAfter,
      clock,
      log,
      limits: this.#limits,
      hooks: {
        onStep: (stream, events) => this.#fleet.note(stream, events),
        onSent: (type, bytes) => this.#metrics.sent(type, bytes),
        onClosed: (stream) => this.#fleet.remove(stream),
        cut: (peer) => this.#listener.cut(peer),
      },
    })
  }

  /** Deadlines are looked at together: a timer per stream and response would cost more than they do. */
  async #watch(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      await this.#options.clock.sleep(LOOK_MS, signal)
      for (const stream of this.#fleet.streams) this.#look(stream)
      this.#fleet.sweepViews()
    }
  }

  #look(stream: ProxyStream): void {
    const overdue = this.#overdue(stream)
    if (overdue === undefined) {
      stream.tick()
      return
    }
    this.#metrics.refused(overdue.reason)
    this.#options.log.warn('closed a stream', {
      proxy: stream.proxy.spiffeId,
      reason: overdue.details,
    })
    stream.close(overdue.code, overdue.details)
  }

  #overdue(stream: ProxyStream): Ending | undefined {
    const { clock } = this.#options
    const { ackTimeoutMs, firstRequestTimeoutMs, firstPublicationTimeoutMs } = this.#limits
    const now = clock.monotonic()
    const age = now - stream.openedAt
    if (stream.notAfter <= clock.now())
      return {
        reason: 'certificateEnded',
        code: status.UNAUTHENTICATED,
        details: 'the client certificate has expired',
      }
    if (stream.unansweredSince !== undefined && now - stream.unansweredSince >= ackTimeoutMs)
      return {
        reason: 'ackTimeout',
        code: status.DEADLINE_EXCEEDED,
        details: `a response was neither accepted nor rejected within ${ackTimeoutMs} ms`,
      }
    if (!stream.hasAsked && age >= firstRequestTimeoutMs)
      return {
        reason: 'firstRequestTimeout',
        code: status.DEADLINE_EXCEEDED,
        details: `nothing was asked for within ${firstRequestTimeoutMs} ms`,
      }
    if (stream.view === undefined && age >= firstPublicationTimeoutMs)
      return {
        reason: 'notPublished',
        code: status.UNAVAILABLE,
        details: 'no configuration has been published yet; try again',
      }
    return undefined
  }
}

function unauthenticated(details: string): Ending {
  return { reason: 'authentication', code: status.UNAUTHENTICATED, details }
}
