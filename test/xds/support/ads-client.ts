/** One ADS stream of a client that does only what the test says, over grpc-js and protobuf-es. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type StatusObject,
} from '@grpc/grpc-js'
import {
  DiscoveryRequestSchema,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from '../../../src/generated/envoy/service/discovery/v3/discovery_pb.js'
import { type ResourceType, TYPE_URLS } from '../../../src/render/envoy/envoy-resource.ts'
import type { ClientIdentity } from './wire-pki.ts'

const METHOD = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources'
const asItIs = (bytes: Buffer): Buffer => bytes

export interface AdsClientOptions {
  readonly port: number
  /** Left out: plaintext. */
  readonly tls?: { readonly rootPem: string; readonly identity?: ClientIdentity }
  readonly method?: string
}

export interface AdsRequest {
  readonly names?: readonly string[]
  readonly nonce?: string
  readonly version?: string
  readonly error?: string
  readonly nodeId?: string
  readonly typeUrl?: string
}

export class AdsClient {
  readonly #client: Client
  readonly #stream: ClientDuplexStream<Buffer, Buffer>
  readonly #responses: DiscoveryResponse[] = []
  readonly #last = new Map<string, DiscoveryResponse>()
  #wake: (() => void) | undefined
  /** Resolves when the stream ends, with what the server said. */
  readonly ended: Promise<StatusObject>

  constructor({ port, tls, method = METHOD }: AdsClientOptions) {
    const credentials =
      tls === undefined
        ? ChannelCredentials.createInsecure()
        : ChannelCredentials.createSsl(
            Buffer.from(tls.rootPem),
            tls.identity ? Buffer.from(tls.identity.keyPem) : null,
            tls.identity ? Buffer.from(tls.identity.certPem) : null,
            { checkServerIdentity: () => undefined },
          )
    this.#client = new Client(`127.0.0.1:${port}`, credentials, {
      'grpc.enable_retries': 0,
      'grpc.max_receive_message_length': -1,
      'grpc.ssl_target_name_override': 'xds.test',
    })
    this.#stream = this.#client.makeBidiStreamRequest(method, asItIs, asItIs)
    this.ended = new Promise((resolve) => this.#stream.on('status', resolve))
    this.#stream.on('error', () => {})
    this.#stream.on('data', (bytes: Buffer) => {
      const response = fromBinary(DiscoveryResponseSchema, bytes)
      this.#last.set(response.typeUrl, response)
      this.#responses.push(response)
      this.#wake?.()
    })
  }

  send(type: ResourceType, request: AdsRequest = {}): void {
    const { names = [], nonce = '', version = '', error, nodeId, typeUrl } = request
    this.sendBytes(
      toBinary(
        DiscoveryRequestSchema,
        create(DiscoveryRequestSchema, {
          typeUrl: typeUrl ?? TYPE_URLS[type],
          resourceNames: [...names],
          responseNonce: nonce,
          versionInfo: version,
          ...(nodeId === undefined ? {} : { node: { id: nodeId } }),
          ...(error === undefined ? {} : { errorDetail: { code: 3, message: error } }),
        }),
      ),
    )
  }

  sendBytes(bytes: Uint8Array): void {
    this.#stream.write(Buffer.from(bytes))
  }

  ack(type: ResourceType, names: readonly string[] = []): void {
    const { nonce = '', versionInfo: version = '' } = this.#last.get(TYPE_URLS[type]) ?? {}
    this.send(type, { names, nonce, version })
  }

  nack(type: ResourceType, error: string, names: readonly string[] = []): void {
    const { nonce = '' } = this.#last.get(TYPE_URLS[type]) ?? {}
    this.send(type, { names, nonce, error })
  }

  /** The next response as `type: name=content, ...`; waits for it. */
  async next(): Promise<string> {
    while (this.#responses.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    const response = this.#responses.shift()
    const type = Object.entries(TYPE_URLS).find(([, url]) => url === response?.typeUrl)?.[0]
    const carried = response?.resources.map(({ value }) => Buffer.from(value).toString()) ?? []
    return `${type}: ${carried.join(', ')}`.trimEnd()
  }

  /** Responses that came and were not looked at yet. */
  get waiting(): number {
    return this.#responses.length
  }

  halfClose(): void {
    this.#stream.end()
  }

  close(): void {
    this.#stream.cancel()
    this.#client.close()
  }
}
