/** The port: accepts connections within their caps, hands them to gRPC, and can cut one that no longer listens. */
import { createServer, type Server, type Socket } from 'node:net'
import type { ConnectionInjector, Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js'
import type { XdsLimits } from './xds-limits.ts'

export interface ListenAddress {
  readonly host: string
  /** 0 for any. */
  readonly port: number
}

export interface XdsListenerOptions {
  readonly grpc: GrpcServer
  readonly credentials: ServerCredentials
  readonly limits: Pick<XdsLimits, 'maxConnections' | 'maxConnectionsPerAddress'>
  /** A connection was turned away before its handshake. */
  readonly onRefused: (reason: 'connections' | 'connectionsPerAddress') => void
}

export class XdsListener {
  readonly #options: XdsListenerOptions
  readonly #injector: ConnectionInjector
  readonly #server: Server
  /** By `address:port`, as gRPC names a call's peer. */
  readonly #sockets = new Map<string, Socket>()
  readonly #perAddress = new Map<string, number>()

  constructor(options: XdsListenerOptions) {
    this.#options = options
    this.#injector = options.grpc.createConnectionInjector(options.credentials)
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  async listen({ host, port }: ListenAddress): Promise<{ readonly port: number }> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    const address = this.#server.address()
    return { port: typeof address === 'object' && address !== null ? address.port : port }
  }

  /** Ends the connection of a peer whose stream cannot be ended politely, as it reads nothing. */
  cut(peer: string): void {
    this.#sockets.get(peer)?.destroy()
  }

  /** No connection is accepted any more; resolves when those that are open have ended by themselves. */
  stop(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  cutAll(): void {
    for (const socket of this.#sockets.values()) socket.destroy()
  }

  #accept(socket: Socket): void {
    const { limits, onRefused } = this.#options
    const address = socket.remoteAddress ?? ''
    const open = this.#perAddress.get(address) ?? 0
    const isFull = this.#sockets.size >= limits.maxConnections
    if (isFull || open >= limits.maxConnectionsPerAddress) {
      onRefused(isFull ? 'connections' : 'connectionsPerAddress')
      socket.destroy()
      return
    }
    const peer = `${address}:${socket.remotePort}`
    this.#sockets.set(peer, socket)
    this.#perAddress.set(address, open + 1)
    socket.once('close', () => this.#forget(peer, address))
    // Errors end in 'close'; without a listener they would end the process.
    socket.on('error', () => {})
    this.#injector.injectConnection(socket)
  }

  #forget(peer: string, address: string): void {
    this.#sockets.delete(peer)
    const left = (this.#perAddress.get(address) ?? 1) - 1
    if (left === 0) this.#perAddress.delete(address)
    else this.#perAddress.set(address, left)
  }
}
