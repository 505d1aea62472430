/** The cluster port over HTTP keeps every promise that the cluster behind it keeps. */
import { clusterContract } from '../../contract/cluster-contract.ts'
import { aClusterApi } from '../../support/cluster-api.ts'
import { aConfigMap } from '../../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../../support/embedded-cluster.ts'

clusterContract('embedded, over its HTTP API', async () => {
  const cluster = await anEmbeddedCluster({ watchHistory: 8, namespaces: ['default', 'mesh'] })
  const { client } = await aClusterApi(cluster)
  return {
    cluster: client,
    namespace: 'mesh',
    outliveHistory: async () => {
      for (let i = 0; i < 20; i++)
        await cluster.apply(aConfigMap('filler', { i: String(i) }, { namespace: 'mesh' }), {
          fieldManager: 'filler',
          force: false,
          dryRun: false,
        })
    },
    close: async () => {
      client.close()
      await cluster.close()
    },
  }
})
