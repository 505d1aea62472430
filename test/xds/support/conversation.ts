/** A stream's machine with its client's side written out by the test, line by line. */
import type {
  EnvoyResource,
  ResourceType,
  ViewResources,
} from '../../../src/render/envoy/envoy-resource.ts'
import type { DiscoveryRequest } from '../../../src/xds/discovery-request.ts'
import type { Response } from '../../../src/xds/discovery-response.ts'
import {
  openStream,
  provenSequence,
  type StreamEvent,
  type StreamInput,
  type StreamState,
} from '../../../src/xds/stream-state.ts'
import { step } from '../../../src/xds/stream-step.ts'
import { aRequest, aView, type ViewContent } from './builders.ts'

export class Conversation {
  state: StreamState = openStream('s')
  now = 0
  readonly events: StreamEvent[] = []
  readonly #names = new Map<ResourceType, readonly string[]>()
  readonly #last = new Map<ResourceType, Response>()
  #sequence = 0

  constructor(content: ViewContent = {}) {
    this.publish(content)
  }

  /** All calls answer what the server sent, as `type: name=content, ...` lines. */
  publish(content: ViewContent | ViewResources): readonly string[] {
    const isView = Object.values(content).some((part) => part instanceof Map)
    const resources = isView ? (content as ViewResources) : aView(content as ViewContent)
    this.#sequence += 1
    return this.give({ type: 'target', resources, sequence: this.#sequence })
  }

  subscribe(of: ResourceType, names: readonly string[] = []): readonly string[] {
    this.#names.set(of, names)
    const responseNonce = this.#last.get(of)?.nonce ?? ''
    return this.request(of, { responseNonce })
  }

  ack(of: ResourceType, names = this.#names.get(of) ?? []): readonly string[] {
    this.#names.set(of, names)
    return this.request(of, {
      responseNonce: this.last(of).nonce,
      versionInfo: this.last(of).version,
    })
  }

  nack(of: ResourceType, error = 'no'): readonly string[] {
    return this.request(of, { responseNonce: this.last(of).nonce, errorDetail: error })
  }

  request(of: ResourceType, request: Partial<DiscoveryRequest>): readonly string[] {
    const resourceNames = this.#names.get(of) ?? []
    return this.give({ type: 'request', of, request: aRequest({ resourceNames, ...request }) })
  }

  leaf(leaf: EnvoyResource): readonly string[] {
    return this.give({ type: 'leaf', leaf })
  }

  wait(ms: number): readonly string[] {
    this.now += ms
    return this.give({ type: 'tick' })
  }

  give(input: StreamInput): readonly string[] {
    const { state, sends, events } = step(this.state, input, this.now)
    this.state = state
    this.events.push(...events)
    for (const response of sends) this.#last.set(response.type, response)
    return sends.map(printResponse)
  }

  last(of: ResourceType): Response {
    const response = this.#last.get(of)
    if (response === undefined) throw new Error(`no ${of} response was sent`)
    return response
  }

  /** The newest publication that the client has ACKed whole. */
  get proven(): number {
    return provenSequence(this.state)
  }
}

export function printResponse(response: Response): string {
  const carried = response.resources.map((resource) => Buffer.from(resource.bytes).toString())
  return `${response.type}: ${carried.join(', ')}`.trimEnd()
}
