/** What the pods of one service account are told about reaching others. */
import { type ServiceAccount, toAccountKey } from '../../model/service-account.ts'
import type { MeshService, OutboundPolicy, Upstream } from '../mesh/mesh-snapshot.ts'
import type { EnvoyResource } from './envoy-resource.ts'
import { OutboundListeners } from './outbound-listener.ts'
import { outboundRoutes } from './outbound-routes.ts'
import { passthroughCluster } from './own-clusters.ts'
import { outboundValidation, type TrustAnchors } from './secrets.ts'
import { SliceMemo } from './slice-memo.ts'
import { type ClusterSettings, UpstreamClusters } from './upstream-cluster.ts'

/** Resources by type, without the endpoints, which change for other reasons. */
export interface RenderedParts {
  readonly cluster: readonly EnvoyResource[]
  readonly listener: readonly EnvoyResource[]
  readonly route: readonly EnvoyResource[]
  readonly secret: readonly EnvoyResource[]
}

type Resources = readonly EnvoyResource[]

/** Lives as long as the settings and the trust anchors it was made with. */
export class OutboundRenderer {
  readonly #anchors: TrustAnchors
  readonly #upstreams: UpstreamClusters
  readonly #outbound = new OutboundListeners()
  readonly #parts = new SliceMemo<RenderedParts>()
  readonly #listeners = new SliceMemo<Resources>()
  readonly #routes = new SliceMemo<Resources>()
  readonly #secrets = new SliceMemo<Resources>()
  readonly #clusters = new SliceMemo<Resources>()
  readonly #validations = new SliceMemo<EnvoyResource>()

  constructor(settings: ClusterSettings, anchors: TrustAnchors) {
    this.#anchors = anchors
    this.#upstreams = new UpstreamClusters(settings)
  }

  /** The same object for the same policy and account. */
  render(policy: OutboundPolicy, client: ServiceAccount): RenderedParts {
    const { namespace } = client
    return this.#parts.get(policy, toAccountKey(client), () => ({
      cluster: this.#clustersOf(policy, client),
      listener: this.#listeners.get(policy, '', () => asList(this.#outbound.of(policy))),
      route: this.#routes.get(policy, namespace, () => outboundRoutes(policy, namespace)),
      secret: this.#secrets.get(policy, '', () => this.#secretsOf(policy)),
    }))
  }

  #clustersOf(policy: OutboundPolicy, client: ServiceAccount): Resources {
    const clusters = policy.upstreams.flatMap(({ service }) => this.#cluster(service, client))
    if (!policy.passthrough) return clusters
    return [...clusters, passthroughCluster()]
  }

  /** A cluster names its client's own certificate, so each account has its own. */
  #cluster(service: MeshService, client: ServiceAccount): Resources {
    return this.#clusters.get(service, toAccountKey(client), () =>
      this.#upstreams.of(service, client),
    )
  }

  #secretsOf({ upstreams }: OutboundPolicy): Resources {
    const called = upstreams.filter(({ service }) => service.ports.length > 0)
    return called.map((upstream) => this.#secret(upstream))
  }

  #secret(upstream: Upstream): EnvoyResource {
    return this.#validations.get(upstream.accounts, upstream.service.key, () =>
      outboundValidation(upstream, this.#anchors),
    )
  }
}

function asList(resource: EnvoyResource | undefined): Resources {
  return resource === undefined ? [] : [resource]
}
