/** The HTTP API of a cluster on a unix socket, for one test. */
import { join } from 'node:path'
import fastify from 'fastify'
import { onTestFinished } from 'vitest'
import type { Cluster } from '../../src/reconciler/cluster.ts'
import {
  type ClusterApiClient,
  connectClusterApi,
} from '../../src/reconciler/cluster-api-client.ts'
import { clusterApi } from '../../src/reconciler/cluster-api-server.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export async function aClusterApi(cluster: Cluster): Promise<{
  readonly socketPath: string
  readonly client: ClusterApiClient
  readonly close: () => Promise<void>
}> {
  const socketPath = join(await temporaryDirectory(), 'cluster.sock')
  const server = fastify({ forceCloseConnections: true })
  await server.register(clusterApi(cluster))
  await server.listen({ path: socketPath })
  const client = connectClusterApi({ socketPath })
  const close = async () => {
    client.close()
    await server.close()
  }
  onTestFinished(close)
  return { socketPath, client, close: async () => await server.close() }
}
