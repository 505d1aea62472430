/**
 * Joins the Intent of the last good commit with what the cluster has, and answers the xDS server from the two: the one place where
 * reconciling and serving meet.
 */
import type { SvidRotation } from '../../ca/svid-rotation.ts'
import type { ClusterInventory } from '../../model/cluster-inventory.ts'
import type { CommitSha } from '../../model/commit-sha.ts'
import { toAccountKey } from '../../model/service-account.ts'
import type { TrustDomain } from '../../model/spiffe-id.ts'
import type { Intent } from '../../policy/intent.ts'
import type { EnvoyResource, ViewResources } from '../../render/envoy/envoy-resource.ts'
import { toLeafSecret } from '../../render/envoy/leaf-secret.ts'
import { ViewRenderer } from '../../render/envoy/view-renderer.ts'
import { buildMeshSnapshot } from '../../render/mesh/build-mesh-snapshot.ts'
import type { MeshSnapshot, ViewKey } from '../../render/mesh/mesh-snapshot.ts'
import type { Admission, ProxyIdentity, XdsSource } from '../../xds/xds-source.ts'

export interface MeshSourceOptions {
  readonly trustDomain: TrustDomain
  readonly svids: SvidRotation
  /** Every trusted root, PEM, one after the other. */
  readonly trustBundlePem: () => string
  /** Called after every change of what proxies are to be told. */
  readonly publish: (commit: CommitSha) => void
}

export class MeshSource implements XdsSource {
  readonly #options: MeshSourceOptions
  readonly #renderer = new ViewRenderer()
  #intent: Intent | undefined
  #inventory: ClusterInventory | undefined
  #snapshot: MeshSnapshot | undefined

  constructor(options: MeshSourceOptions) {
    this.#options = options
  }

  /** Whether a commit and the cluster's inventory are both known: before that nothing may be served. */
  get isSynced(): boolean {
    return this.#snapshot !== undefined
  }

  /** Proxies that the cluster has pods for, connected or not. */
  get knownProxies(): number {
    return this.#snapshot?.workloads.size ?? 0
  }

  get intent(): Intent | undefined {
    return this.#intent
  }

  get inventory(): ClusterInventory | undefined {
    return this.#inventory
  }

  setIntent(intent: Intent): void {
    this.#intent = intent
    this.#rebuild()
  }

  setInventory(inventory: ClusterInventory): void {
    this.#inventory = inventory
    this.#rebuild()
  }

  #rebuild(): void {
    const { trustDomain, publish } = this.#options
    if (this.#intent === undefined || this.#inventory === undefined) return
    const previous = this.#snapshot
    this.#snapshot = buildMeshSnapshot({
      intent: this.#intent,
      inventory: this.#inventory,
      trustDomain,
      ...(previous && { previous }),
    })
    publish(this.#intent.commit)
  }

  /** The certificate says uid and account; the cluster must know a pod of both. A pod of the uid under another account is a lie. */
  admit(proxy: ProxyIdentity): Admission {
    const known = this.#snapshot?.workloads.get(proxy.proxyUid) ?? []
    const account = toAccountKey(proxy.account)
    const workload = known.find((candidate) => toAccountKey(candidate.account) === account)
    if (workload !== undefined) return { type: 'admitted', view: workload.view }
    return known.length === 0
      ? { type: 'unknown', reason: `no pod of the mesh carries the proxy uid ${proxy.proxyUid}` }
      : { type: 'refused', reason: `the pod of ${proxy.proxyUid} does not run as ${account}` }
  }

  /** Throws for a view that `admit` has not named since the last publication: a bug of the caller. */
  resources(key: string): ViewResources {
    const snapshot = this.#snapshot
    const view = snapshot?.views.get(key as ViewKey)
    if (snapshot === undefined || view === undefined)
      throw new RangeError(`asked for the resources of ${key}, which is no view of this snapshot`)
    const trustBundlePem = this.#options.trustBundlePem()
    return this.#renderer.render({ snapshot, view, trustBundlePem })
  }

  async leaf(
    proxy: ProxyIdentity,
    renewed: (leaf: EnvoyResource) => void,
    signal: AbortSignal,
  ): Promise<EnvoyResource> {
    const { account } = proxy
    const svid = await this.#options.svids.svid(
      proxy,
      (next) => renewed(toLeafSecret({ account, ...next })),
      signal,
    )
    return toLeafSecret({ account, ...svid })
  }
}
