/** The streams that are open and the views they are told: carries a publication to the proxies it touches. */
import { status } from '@grpc/grpc-js'
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import type { EnvoyResource } from '../render/envoy/envoy-resource.ts'
import { Debounce } from './debounce.ts'
import { EnforcementLog, type Publication } from './enforcement.ts'
import { keepLeaf } from './keep-leaf.ts'
import type { ProxyStream } from './proxy-stream.ts'
import { Slices } from './slices.ts'
import { hasAcked, OWN_CERTIFICATE, provenSequence, type StreamEvent } from './stream-state.ts'
import { isSameView, View } from './view.ts'
import type { XdsLimits } from './xds-limits.ts'
import type { XdsMetrics } from './xds-metrics.ts'
import type { XdsSource } from './xds-source.ts'

export interface FleetOptions {
  readonly source: XdsSource
  readonly clock: Clock
  readonly log: Logger
  readonly limits: XdsLimits
  readonly metrics: XdsMetrics
}

/** As much of a proxy's error as is kept. */
const ERROR_LENGTH = 1_024

export class Fleet {
  readonly enforcement: EnforcementLog
  readonly #options: FleetOptions
  readonly #streams = new Set<ProxyStream>()
  readonly #byProxy = new Map<string, Set<ProxyStream>>()
  readonly #views = new Map<string, View>()
  readonly #debounce: Debounce
  readonly #stale: Slices<ProxyStream>
  /** The last publication that was asked for, and the last that was begun. */
  #sequence = 0
  #flushed = 0

  constructor(options: FleetOptions) {
    const { clock, limits } = options
    this.#options = options
    this.enforcement = new EnforcementLog(clock)
    this.#debounce = new Debounce({ ...limits, clock, run: () => this.#flush() })
    this.#stale = new Slices({
      clock,
      sliceMs: limits.sliceMs,
      work: (stream) => this.#refresh(stream),
      done: () => this.enforcement.swept(this.#flushed),
    })
  }

  get streams(): ReadonlySet<ProxyStream> {
    return this.#streams
  }

  /** The streams of one proxy, oldest first. */
  streamsOf(proxyUid: string): readonly ProxyStream[] {
    return [...(this.#byProxy.get(proxyUid) ?? [])]
  }

  /** Before the first publication nobody is told anything: an empty answer would take away what a proxy runs. */
  get isPublished(): boolean {
    return this.#flushed > 0
  }

  publish(publication: Omit<Publication, 'sequence'>): void {
    this.#sequence += 1
    this.enforcement.begin({ ...publication, sequence: this.#sequence })
    this.#debounce.request()
  }

  republish(): void {
    this.#sequence += 1
    this.#debounce.request()
  }

  add(stream: ProxyStream): void {
    const { proxyUid } = stream.proxy
    this.#streams.add(stream)
    this.#byProxy.set(proxyUid, (this.#byProxy.get(proxyUid) ?? new Set()).add(stream))
    if (this.isPublished) this.#refresh(stream)
  }

  remove(stream: ProxyStream): void {
    if (!this.#streams.delete(stream)) return
    const { proxyUid } = stream.proxy
    const own = this.#byProxy.get(proxyUid)
    own?.delete(stream)
    if (own?.size === 0) this.#byProxy.delete(proxyUid)
    this.#stale.delete(stream)
    this.enforcement.leave(this.#partOf(stream))
  }

  /** Forgets views that have had no proxy for long. */
  sweepViews(): void {
    const { clock, limits } = this.#options
    const now = clock.monotonic()
    const used = new Set([...this.#streams].map((stream) => stream.view))
    for (const view of this.#views.values()) {
      if (used.has(view)) view.idleSince = undefined
      else view.idleSince ??= now
      if (view.idleSince !== undefined && now - view.idleSince >= limits.viewLingerMs)
        this.#views.delete(view.id)
    }
  }

  close(): void {
    this.#debounce.close()
  }

  /** What a stream's machine did, in the words of everybody else. */
  note(stream: ProxyStream, events: readonly StreamEvent[]): void {
    for (const event of events) this.#noteEvent(stream, event)
    if (stream.view?.isHolding === true) this.#noteHeld(stream)
    else this.#noteProgress(stream)
  }

  #noteProgress(stream: ProxyStream): void {
    const part = this.#partOf(stream)
    const proven = provenSequence(stream.state)
    if (proven === stream.state.sequence) stream.view?.prove(stream.state.target)
    this.enforcement.letThrough(part)
    const convergedAfter = this.enforcement.progress(part, proven)
    if (convergedAfter !== undefined) this.#options.metrics.converged(convergedAfter)
  }

  /** What it has yet to answer may be the very version that is held: it may still accept it. */
  #noteHeld(stream: ProxyStream): void {
    if (stream.unansweredSince === undefined) this.enforcement.holdBack(this.#partOf(stream))
  }

  #flush(): void {
    this.#flushed = this.#sequence
    this.#stale.add(this.#streams)
  }

  /** Asks again who the stream's proxy is and what its view holds; tells it if that changed. */
  #refresh(stream: ProxyStream): void {
    if (stream.hasEnded) return
    try {
      const admission = this.#options.source.admit(stream.proxy)
      if (admission.type === 'admitted') this.#retarget(stream, this.#viewOf(admission.view))
      else this.#turnAway(stream, admission)
    } catch (error) {
      // One proxy's view that cannot be rendered must not keep the others from theirs.
      this.#options.log.error('could not work out what to tell a proxy', {
        proxy: stream.proxy.spiffeId,
        error: error instanceof Error ? error.stack : String(error),
      })
      stream.close(status.UNAVAILABLE, 'the configuration of this proxy could not be worked out')
    }
  }

  #turnAway(
    stream: ProxyStream,
    { type, reason }: { readonly type: 'unknown' | 'refused'; readonly reason: string },
  ): void {
    const { log, metrics } = this.#options
    const isRefused = type === 'refused'
    metrics.refused(isRefused ? 'admissionRefused' : 'admissionUnknown')
    if (isRefused)
      log.warn('refused a proxy', { security: true, proxy: stream.proxy.spiffeId, reason })
    stream.close(isRefused ? status.PERMISSION_DENIED : status.UNAVAILABLE, reason)
  }

  /** Asks the source once per publication, however many proxies share the view. */
  #viewOf(id: string): View {
    const known = this.#views.get(id)
    const view = known ?? new View(id, this.#options.source.resources(id))
    if (known === undefined) this.#views.set(id, view)
    else if (view.sequence !== this.#flushed) view.publish(this.#options.source.resources(id))
    view.sequence = this.#flushed
    return view
  }

  #retarget(stream: ProxyStream, view: View): void {
    const before = stream.published
    const isTouched = before !== undefined && !isSameView(before, view.published)
    if (isTouched) this.enforcement.touch(this.#partOf(stream))
    const isSame = before === view.published && stream.state.target === view.told
    if (!isSame || stream.view !== view) stream.retarget(view, this.#flushed)
  }

  #noteEvent(stream: ProxyStream, event: StreamEvent): void {
    const { metrics, log } = this.#options
    switch (event.type) {
      case 'acked':
        metrics.acked(event.of, event.afterMs)
        if (stream.view?.release(event.told) === true) this.#retell(stream.view)
        break
      case 'nacked':
        metrics.nacked(event.of)
        this.#noteRejection(stream, event)
        break
      case 'subscribed':
        if (event.of === 'secret') this.#noteSecrets(stream, event.added)
        break
      case 'stoppedWaiting':
        log.warn('sent routes before the endpoints of some clusters were asked for', {
          proxy: stream.proxy.spiffeId,
          clusters: event.for,
        })
        break
    }
  }

  #noteRejection(
    stream: ProxyStream,
    { of, error, culprits }: Extract<StreamEvent, { readonly type: 'nacked' }>,
  ): void {
    const rejected = culprits.map(({ type, name, origins }) => ({
      proxy: stream.proxy.proxyUid,
      type,
      name,
      error: error.slice(0, ERROR_LENGTH),
      origins,
    }))
    this.#options.log.warn('a proxy rejected its configuration', {
      proxy: stream.proxy.spiffeId,
      proxyUid: stream.proxy.proxyUid,
      type: of,
      error: error.slice(0, ERROR_LENGTH),
      resources: rejected.map(({ name, origins }) => ({ name, origins })),
    })
    if (culprits.length === 0) return
    this.enforcement.reject(this.#partOf(stream), rejected)
    const { view } = stream
    const held = culprits.filter((culprit) => !this.#isAccepted(view, culprit))
    if (held.filter((culprit) => view?.hold(culprit)).length > 0) this.#retell(view)
  }

  #isAccepted(view: View | undefined, resource: EnvoyResource): boolean {
    return [...this.#streams].some(
      (stream) => stream.view === view && hasAcked(stream.state, resource),
    )
  }

  #noteSecrets(stream: ProxyStream, added: readonly string[]): void {
    const { log, metrics } = this.#options
    const foreign = added.filter(
      (name) => name.startsWith(OWN_CERTIFICATE) && name !== stream.ownCertificate,
    )
    if (foreign.length > 0) {
      metrics.refused('foreignSecret')
      log.warn('a proxy asked for the certificate of another identity', {
        security: true,
        proxy: stream.proxy.spiffeId,
        names: foreign.slice(0, 16),
      })
    }
    if (added.includes(stream.ownCertificate) && stream.claimLeaf())
      void keepLeaf(stream, this.#options)
  }

  #retell(view: View | undefined): void {
    this.#stale.add([...this.#streams].filter((stream) => stream.view === view))
  }

  #partOf(stream: ProxyStream): { readonly id: string; readonly proxy: string } {
    return { id: stream.id, proxy: stream.proxy.proxyUid }
  }
}
