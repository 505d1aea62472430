/** One stream of one proxy: feeds the machine what arrives, and carries out what it says. Decides nothing of its own. */
import { type ServerDuplexStream, status } from '@grpc/grpc-js'
import type { Clock, Instant, Ms } from '../model/clock.ts'
import type { LogFields, Logger } from '../model/logger.ts'
import { toAccountKey } from '../model/service-account.ts'
import {
  type EnvoyResource,
  type ResourceType,
  TYPE_URLS,
  type ViewResources,
} from '../render/envoy/envoy-resource.ts'
import {
  type DiscoveryRequest,
  type RequestRefusal,
  readDiscoveryRequest,
} from './discovery-request.ts'
import { writeDiscoveryResponse } from './discovery-response.ts'
import {
  OWN_CERTIFICATE,
  openStream,
  type StreamEvent,
  type StreamInput,
  type StreamState,
  unansweredSince,
} from './stream-state.ts'
import { step } from './stream-step.ts'
import type { View } from './view.ts'
import type { XdsLimits } from './xds-limits.ts'
import type { ProxyIdentity } from './xds-source.ts'

export type AdsCall = ServerDuplexStream<Buffer, Buffer>

export interface StreamHooks {
  /** After the machine moved: what happened, and what was sent. */
  readonly onStep: (stream: ProxyStream, events: readonly StreamEvent[]) => void
  readonly onSent: (type: ResourceType, bytes: number) => void
  readonly onClosed: (stream: ProxyStream) => void
  /** Ends the connection under the stream, for a peer that no longer reads. */
  readonly cut: (peer: string) => void
}

export interface ProxyStreamOptions {
  /** Unlike that of any other stream of this or an earlier process, as nonces begin with it. */
  readonly id: string
  readonly call: AdsCall
  readonly proxy: ProxyIdentity
  /** When the certificate that opened the stream ends, and the stream with it. */
  readonly notAfter: Instant
  readonly clock: Clock
  readonly log: Logger
  readonly limits: XdsLimits
  readonly hooks: StreamHooks
}

const TYPES_BY_URL: ReadonlyMap<string, ResourceType> = new Map(
  Object.entries(TYPE_URLS).map(([type, url]) => [url, type as ResourceType]),
)

/** After this long a peer that was told to go is cut off. */
const PARTING_MS = 1_000

export class ProxyStream {
  readonly id: string
  readonly proxy: ProxyIdentity
  readonly notAfter: Instant
  readonly connectedAt: Instant
  readonly openedAt: Ms
  readonly peer: string
  /** Aborts when the stream ends, whoever ends it. */
  readonly #ended = new AbortController()
  readonly #options: ProxyStreamOptions
  readonly #unknownTypes = new Set<string>()
  #waiting: Buffer[] = []
  #state: StreamState
  #view: View | undefined
  #published: ViewResources | undefined
  #requests = 0
  #leafIsClaimed = false

  constructor(options: ProxyStreamOptions) {
    this.#options = options
    this.id = options.id
    this.proxy = options.proxy
    this.notAfter = options.notAfter
    this.connectedAt = options.clock.now()
    this.openedAt = options.clock.monotonic()
    this.peer = options.call.getPeer()
    this.#state = openStream(options.id)
    this.#listen(options.call)
  }

  get state(): StreamState {
    return this.#state
  }

  /** `undefined` until the stream is admitted. */
  get view(): View | undefined {
    return this.#view
  }

  /** What its view held when the stream last looked. */
  get published(): ViewResources | undefined {
    return this.#published
  }

  get hasAsked(): boolean {
    return this.#requests > 0
  }

  get hasEnded(): boolean {
    return this.#ended.signal.aborted
  }

  get signal(): AbortSignal {
    return this.#ended.signal
  }

  get unansweredSince(): Ms | undefined {
    return unansweredSince(this.#state)
  }

  /** Moves the stream to what its view is told now. The first time, answers what was asked meanwhile. */
  retarget(view: View, sequence: number): void {
    this.#view = view
    this.#published = view.published
    this.#give({ type: 'target', resources: view.told, sequence })
    const waiting = this.#waiting
    this.#waiting = []
    for (const bytes of waiting) this.#receive(bytes)
  }

  /** True once: who hears it supplies the certificate. */
  claimLeaf(): boolean {
    const isFree = !this.#leafIsClaimed
    this.#leafIsClaimed = true
    return isFree
  }

  setLeaf(leaf: EnvoyResource): void {
    if (leaf.name !== this.ownCertificate)
      throw new Error(`the leaf of ${this.ownCertificate} is named ${leaf.name}`)
    this.#give({ type: 'leaf', leaf })
  }

  /** The name of the one certificate that this proxy may have. */
  get ownCertificate(): string {
    return `${OWN_CERTIFICATE}${toAccountKey(this.proxy.account)}`
  }

  tick(): void {
    if (this.#state.waitingSince !== undefined) this.#give({ type: 'tick' })
  }

  /** The client is told why and tries again by its own back-off. */
  close(code: status, details: string): void {
    if (this.hasEnded) return
    const { call, clock, hooks } = this.#options
    this.#end()
    call.emit('error', { code, details })
    const isOver = endOf(call)
    void clock.sleep(PARTING_MS, isOver).then(() => {
      if (!isOver.aborted) hooks.cut(this.peer)
    })
  }

  #listen(call: AdsCall): void {
    call.on('data', (bytes: Buffer) => this.#receive(bytes))
    // Half a close is a whole one: nothing more can be ACKed.
    call.once('end', () => {
      this.#end()
      call.end()
    })
    call.once('cancelled', () => this.#end())
    call.once('close', () => this.#end())
    call.on('error', () => this.#end())
  }

  #end(): void {
    if (this.hasEnded) return
    this.#ended.abort()
    this.#waiting = []
    this.#options.hooks.onClosed(this)
  }

  #receive(bytes: Buffer): void {
    if (this.hasEnded) return
    this.#requests += 1
    if (this.#view === undefined) this.#keep(bytes)
    else this.#answer(bytes)
  }

  #keep(bytes: Buffer): void {
    const { maxWaitingRequests } = this.#options.limits
    if (this.#waiting.length >= maxWaitingRequests)
      this.close(
        status.RESOURCE_EXHAUSTED,
        `more than ${maxWaitingRequests} requests before the first answer`,
      )
    else this.#waiting.push(bytes)
  }

  #answer(bytes: Buffer): void {
    const { limits, log } = this.#options
    const read = readDiscoveryRequest(bytes, limits)
    const refusal = read.ok ? this.#refusalOf(read.value) : unreadable(read.error)
    if (refusal !== undefined) {
      log.warn('closed a stream for its request', { proxy: this.proxy.spiffeId, ...refusal.log })
      this.close(refusal.code, refusal.details)
    } else if (read.ok) this.#take(read.value)
  }

  #take(request: DiscoveryRequest): void {
    const of = TYPES_BY_URL.get(request.typeUrl)
    if (of === undefined) this.#noteUnknown(request.typeUrl)
    else this.#give({ type: 'request', of, request })
  }

  #refusalOf({ typeUrl, nodeId }: DiscoveryRequest): Refusal | undefined {
    // Who a proxy is, its certificate says; a node id that says otherwise is a mistake or an attempt.
    if (nodeId !== '' && nodeId !== this.proxy.proxyUid)
      return {
        code: status.PERMISSION_DENIED,
        details:
          'node.id is not the proxy uid of the client certificate; set it to that uid in the bootstrap',
        log: { security: true, reason: 'node id', nodeId: nodeId.slice(0, 256) },
      }
    if (typeUrl !== '') return undefined
    const details = 'type_url is empty; on an aggregated stream each request must name its type'
    return { code: status.INVALID_ARGUMENT, details, log: { reason: details } }
  }

  /** A type we do not serve: the stream stays open, and the type is never answered. */
  #noteUnknown(typeUrl: string): void {
    if (this.#unknownTypes.has(typeUrl) || this.#unknownTypes.size >= 16) return
    this.#unknownTypes.add(typeUrl)
    this.#options.log.debug('passed over a resource type that is not served', {
      proxy: this.proxy.spiffeId,
      typeUrl: typeUrl.slice(0, 256),
    })
  }

  #give(input: StreamInput): void {
    if (this.hasEnded) return
    const { call, clock, hooks } = this.#options
    const { state, sends, events } = step(this.#state, input, clock.monotonic())
    this.#state = state
    for (const response of sends) {
      const bytes = writeDiscoveryResponse(response)
      hooks.onSent(response.type, bytes.length)
      call.write(bytes)
    }
    hooks.onStep(this, events)
  }
}

interface Refusal {
  readonly code: status
  readonly details: string
  readonly log: LogFields
}

function unreadable({ code, message }: RequestRefusal): Refusal {
  return {
    code: code === 'Malformed' ? status.INVALID_ARGUMENT : status.RESOURCE_EXHAUSTED,
    details: message,
    log: { reason: message },
  }
}

/** Aborts once the call is over on both sides. */
function endOf(call: AdsCall): AbortSignal {
  const over = new AbortController()
  if (call.destroyed) over.abort()
  call.once('close', () => over.abort())
  return over.signal
}
