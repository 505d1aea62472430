/** What the xDS server asks of the mesh. The composition root joins it to rendering and to the certificate authority. */
import type { ServiceAccount } from '../model/service-account.ts'
import type { SpiffeId } from '../model/spiffe-id.ts'
import type { EnvoyResource, ViewResources } from '../render/envoy/envoy-resource.ts'

/** Who a proxy is, from its verified certificate alone. */
export interface ProxyIdentity {
  readonly spiffeId: SpiffeId
  readonly account: ServiceAccount
  readonly proxyUid: string
}

/** Whether a proxy is bound to a live pod of that uid, namespace and service account. */
export type Admission =
  | { readonly type: 'admitted'; readonly view: string }
  /** Not known here now: the stream ends UNAVAILABLE and Envoy tries again. */
  | { readonly type: 'unknown'; readonly reason: string }
  /** Known to be wrong: the stream ends PERMISSION_DENIED. */
  | { readonly type: 'refused'; readonly reason: string }

export interface XdsSource {
  /** Asked when a stream opens and again after every publication. */
  admit(proxy: ProxyIdentity): Admission
  /**
   * The resources of a view as of the last publication; the same object when nothing of the view changed. Whatever it
   * holds, something in it refers to (a proxy has a commit only once it asked for all of it), and a cluster and its
   * ClusterLoadAssignment have the same name.
   */
  resources(view: string): ViewResources
  /** Issues the proxy's own leaf as a Secret, and hands every renewal to `renewed` until the signal aborts. */
  leaf(
    proxy: ProxyIdentity,
    renewed: (leaf: EnvoyResource) => void,
    signal: AbortSignal,
  ): Promise<EnvoyResource>
}
