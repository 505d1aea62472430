/** The control plane's two HTTP servers: one for probes, metrics and triggers, and one that administers, on a unix socket. */
import { chmod, rm } from 'node:fs/promises'
import Fastify, { type FastifyInstance, type FastifyPluginCallback } from 'fastify'
import type { Listen } from './run-options.ts'

/** A fastify plugin that puts routes on a server. */
export type Routes = ((app: FastifyInstance) => Promise<void>) | FastifyPluginCallback

export interface HttpServersOptions {
  readonly address: Listen
  readonly socketPath: string
  /** On both servers. */
  readonly open: readonly Routes[]
  /** On the socket only: whoever can open it administers the mesh. */
  readonly administrative: readonly Routes[]
}

export class HttpServers {
  readonly #servers: readonly FastifyInstance[]

  /** Rejects with the system's error where an address cannot be had. */
  static async listen(options: HttpServersOptions): Promise<HttpServers> {
    const { address, socketPath, open, administrative } = options
    const probes = await withRoutes(open)
    const admin = await withRoutes([...open, ...administrative])
    await probes.listen(address)
    // The data directory is locked by now, so a socket in it is a dead process's.
    await rm(socketPath, { force: true })
    await admin.listen({ path: socketPath })
    await chmod(socketPath, 0o600)
    return new HttpServers([probes, admin])
  }

  private constructor(servers: readonly FastifyInstance[]) {
    this.#servers = servers
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()))
  }
}

async function withRoutes(routes: readonly Routes[]): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true })
  for (const route of routes) await app.register(route as FastifyPluginCallback)
  return app
}
