/** Raw connections, passed to a cluster or shared out among several. */
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { FilterSchema } from '../../generated/envoy/config/listener/v3/listener_components_pb.js'
import { TcpProxySchema } from '../../generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js'
import type { ResourceName } from './envoy-resource.ts'
import { pack } from './pack.ts'

export interface WeightedCluster {
  readonly name: ResourceName
  readonly weight: number
}

/** Clusters of weight 0 are left out: Envoy takes none below 1 here. At least one must remain. */
export function tcpProxy(
  statPrefix: string,
  clusters: readonly WeightedCluster[],
): MessageInitShape<typeof FilterSchema> {
  const weighted = clusters.filter(({ weight }) => weight > 0)
  const [only] = weighted
  const specifier: MessageInitShape<typeof TcpProxySchema>['clusterSpecifier'] =
    weighted.length === 1 && only !== undefined
      ? { case: 'cluster', value: only.name }
      : {
          case: 'weightedClusters',
          value: { clusters: weighted.map(({ name, weight }) => ({ name, weight })) },
        }
  return {
    name: 'tcp_proxy',
    configType: {
      case: 'typedConfig',
      value: pack(TcpProxySchema, { statPrefix, clusterSpecifier: specifier }),
    },
  }
}
