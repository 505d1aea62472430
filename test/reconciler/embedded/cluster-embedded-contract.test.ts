/** The embedded cluster keeps every promise of the cluster port. */
import { clusterContract } from '../../contract/cluster-contract.ts'
import { aConfigMap } from '../../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../../support/embedded-cluster.ts'

clusterContract('embedded', async () => {
  const cluster = await anEmbeddedCluster({ watchHistory: 8, namespaces: ['default', 'mesh'] })
  return {
    cluster,
    namespace: 'mesh',
    outliveHistory: async () => {
      for (let i = 0; i < 20; i++)
        await cluster.apply(aConfigMap('filler', { i: String(i) }, { namespace: 'mesh' }), {
          fieldManager: 'filler',
          force: false,
          dryRun: false,
        })
    },
    close: async () => await cluster.close(),
  }
})
