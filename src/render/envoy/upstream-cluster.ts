/**
 * Clusters of the mesh's services as their clients see them. A cluster names its client's certificate, so there is one for every pair
 * of client and service. It is encoded once for all clients whose certificate's name is equally long, and the name is written over.
 */
import { create, toBinary } from '@bufbuild/protobuf'
import {
  Cluster_DiscoveryType,
  ClusterSchema,
} from '../../generated/envoy/config/cluster/v3/cluster_pb.js'
import type { ServiceAccount } from '../../model/service-account.ts'
import type { MeshService, TlsSettings } from '../mesh/mesh-snapshot.ts'
import { ADS } from './ads.ts'
import type { EnvoyResource, ResourceName } from './envoy-resource.ts'
import { leafSecretName, upstreamClusterName } from './names.ts'
import { SliceMemo } from './slice-memo.ts'
import { upstreamTls } from './tls-transport.ts'
import { toResourceOfBytes } from './to-resource.ts'
import { SAME_PROTOCOL } from './upstream-connection.ts'

export interface ClusterSettings {
  readonly tls: TlsSettings
}

/** A cluster of a client that does not exist, and where the name of its certificate stands in it. */
interface Template {
  readonly name: ResourceName
  readonly bytes: Uint8Array
  readonly offset: number
}

/** Lives as long as its settings. */
export class UpstreamClusters {
  readonly #settings: ClusterSettings
  readonly #templates = new SliceMemo<readonly Template[]>()

  constructor(settings: ClusterSettings) {
    this.#settings = settings
  }

  /** One a target port. */
  of(service: MeshService, client: ServiceAccount): readonly EnvoyResource[] {
    const leaf = encoder.encode(leafSecretName(client))
    const templates = this.#templates.get(service, String(leaf.length), () =>
      toTemplates(service, leaf.length, this.#settings),
    )
    return templates.map(({ name, bytes, offset }) => {
      const own = bytes.slice()
      own.set(leaf, offset)
      return toResourceOfBytes({ type: 'cluster', name }, own)
    })
  }
}

const encoder = new TextEncoder()
const NO_LIMIT = 2 ** 32 - 1

function toTemplates(
  service: MeshService,
  nameLength: number,
  settings: ClusterSettings,
): readonly Template[] {
  const targetPorts = [...new Set(service.ports.map((port) => port.targetPort))]
  const placeholder = '\u0001'.repeat(nameLength) // no name has control characters
  return targetPorts.map((targetPort) => {
    const name = upstreamClusterName(service.name, targetPort)
    const cluster = toCluster(name, service, placeholder as ResourceName, settings)
    const bytes = toBinary(ClusterSchema, cluster)
    return { name, bytes, offset: Buffer.from(bytes).indexOf(placeholder) }
  })
}

function toCluster(
  name: ResourceName,
  service: MeshService,
  leafName: ResourceName,
  { tls }: ClusterSettings,
): ReturnType<typeof create<typeof ClusterSchema>> {
  return create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: ADS },
    circuitBreakers: {
      thresholds: [
        {
          maxConnections: NO_LIMIT,
          maxPendingRequests: NO_LIMIT,
          maxRequests: NO_LIMIT,
          maxRetries: NO_LIMIT,
          trackRemaining: true,
        },
      ],
    },
    typedExtensionProtocolOptions: SAME_PROTOCOL,
    transportSocket: upstreamTls(leafName, service.name, tls),
  })
}
