/** The floor: a bare grpc-js server that writes the same bytes to as many streams, and waits for as many ACKs. */
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'
import type { TlsIdentity } from '../../src/xds/xds-credentials.ts'

export const FLOOR_PATH = '/bench.Floor/Broadcast'
const asItIs = (bytes: Buffer): Buffer => bytes

type Call = ServerDuplexStream<Buffer, Buffer>

export class Floor {
  readonly #calls = new Set<Call>()
  readonly #server = new Server({ 'grpc.enable_channelz': 0 })
  #missing = 0
  #done: () => void = () => undefined

  async listen({ chainPem, keyPem, rootsPem }: TlsIdentity): Promise<number> {
    const method = {
      path: FLOOR_PATH,
      requestStream: true,
      responseStream: true,
      requestSerialize: asItIs,
      requestDeserialize: asItIs,
      responseSerialize: asItIs,
      responseDeserialize: asItIs,
    } as const
    this.#server.addService({ broadcast: method }, { broadcast: (call: Call) => this.#open(call) })
    const pair = { cert_chain: Buffer.from(chainPem), private_key: Buffer.from(keyPem) }
    const credentials = ServerCredentials.createSsl(Buffer.from(rootsPem.join('')), [pair], true)
    return new Promise((resolve, reject) =>
      this.#server.bindAsync('127.0.0.1:0', credentials, (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    )
  }

  get streams(): number {
    return this.#calls.size
  }

  /** Milliseconds until `streams` clients have answered `messages` messages each. */
  broadcast(streams: number, messages: number, message: Buffer): Promise<number> {
    const start = performance.now()
    return new Promise((resolve) => {
      this.#missing = streams * messages
      this.#done = () => resolve(performance.now() - start)
      for (const call of [...this.#calls].slice(0, streams))
        for (let n = 0; n < messages; n++) call.write(message)
    })
  }

  close(): void {
    this.#server.forceShutdown()
  }

  #open(call: Call): void {
    let isFirst = true
    call.on('data', () => {
      if (isFirst) {
        isFirst = false
        this.#calls.add(call)
        return
      }
      this.#missing -= 1
      if (this.#missing === 0) this.#done()
    })
    call.on('error', () => undefined)
    call.on('close', () => this.#calls.delete(call))
  }
}
