/**
 * The mesh as proxies are to see it: what a commit allows, joined with what the cluster has. Neutral of any proxy, immutable,
 * and made of slices: a slice that did not change is the same object as in the snapshot before.
 */
import type { AccountKey, ServiceAccount } from '../../model/service-account.ts'
import type { ServiceKey, ServiceName } from '../../model/service-name.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { TrustDomain } from '../../model/spiffe-id.ts'
import type { HttpMatch } from '../../policy/intent/http-match.ts'
import type { MeshSettings } from '../../policy/intent/mesh-settings.ts'
import type { MeshProtocol } from './protocol-of.ts'

/** What a request is matched by; where it was written is not part of it. */
export type MatchCondition = Pick<HttpMatch, 'pathRegex' | 'methods' | 'headers'>

export interface MeshPort {
  /** As the Service names it; empty for the only port. */
  readonly name: string
  readonly port: number
  /** The container port; 0 while a named one is known from no endpoint. */
  readonly targetPort: number
  readonly protocol: MeshProtocol
}

/** A Service of an enrolled namespace, or one pod of a headless one (`<hostname>.<service>`). */
export interface MeshService {
  readonly key: ServiceKey
  readonly name: ServiceName
  /** What clients connect to: cluster IPs, or the addresses of the pods of a headless service. */
  readonly addresses: readonly string[]
  /** TCP ports of a known protocol, sorted by port; UDP is not in the mesh (D19). */
  readonly ports: readonly MeshPort[]
}

/** A ready address, and who answers there. Addresses whose account is unknown are left out: nobody could trust them. */
export interface MeshEndpoint {
  readonly address: string
  readonly account: AccountKey
  /** By the name of the service port. */
  readonly ports: ReadonlyMap<string, number>
  readonly hostname?: string
}

export interface WeightedBackend {
  readonly service: ServiceName
  readonly targetPort: number
  readonly weight: number
}

/** Where requests of one service port go. */
export interface RouteRule {
  /** The request must match one of these; empty is every request. */
  readonly matches: readonly MatchCondition[]
  /** Their weights may total 0 when a TrafficSplit names only backends that are not there: such requests fail. */
  readonly backends: readonly WeightedBackend[]
}

export interface RoutedPort extends MeshPort {
  /** The first that matches decides; the last one matches every request. */
  readonly rules: readonly RouteRule[]
}

/** A service with the TrafficSplits on it applied; the same for every client. */
export interface RoutedService {
  readonly service: MeshService
  readonly ports: readonly RoutedPort[]
  /** Services that `rules` name, itself among them. */
  readonly backends: readonly ServiceKey[]
  /** The TrafficSplits. */
  readonly origins: readonly SourceLocation[]
}

/** Requests that some grants allow. */
export interface HttpRule extends MatchCondition {
  /** Unique within the policy: the match as `<namespace>/<HTTPRouteGroup>/<match>`. */
  readonly name: string
  /** A target port, when the grants cover one only (D22). */
  readonly port?: number
  /** Sorted. Empty allows nobody (D16). */
  readonly principals: readonly AccountKey[]
}

/** Connections that one grant allows. */
export interface ConnectionRule {
  /** The TrafficTarget as `<namespace>/<name>`. */
  readonly name: string
  /** A target port, when the grant covers one only (D22). */
  readonly port?: number
  readonly principals: readonly AccountKey[]
  /** Whether the grant has HTTP rules: they open HTTP ports, and no others (D17). */
  readonly opensHttp: boolean
  /** TCP target ports that it opens. */
  readonly tcpPorts: 'any' | readonly number[]
}

/** Who may call the pods of one service account, whichever service they are behind. */
export type InboundPolicy =
  /** Every identity of the mesh. */
  | { readonly type: 'open'; readonly origins: readonly SourceLocation[] }
  | {
      readonly type: 'closed'
      /** Most specific first. Grants add up (D14): the order decides nothing. */
      readonly http: readonly HttpRule[]
      readonly connections: readonly ConnectionRule[]
      readonly origins: readonly SourceLocation[]
    }

/** Endpoints of a service that one client may call. */
export interface Upstream {
  readonly service: MeshService
  /** Accounts behind the service that the client may call (D15). Sorted; empty offers no endpoint. */
  readonly accounts: readonly AccountKey[]
}

/** What the pods of one service account can reach. Shared by all accounts that reach the same. */
export interface OutboundPolicy {
  /** Services that can be addressed, sorted by key. */
  readonly services: readonly RoutedService[]
  /** Those services and the backends of their TrafficSplits, sorted by key. */
  readonly upstreams: readonly Upstream[]
  /** Whether destinations outside the mesh are passed through. */
  readonly passthrough: boolean
  readonly origins: readonly SourceLocation[]
}

/** A container port of a pod, under one of the names that clients call it by. */
export interface InboundTarget {
  readonly service: ServiceName
  /** Ports of the service that lead here, sorted. */
  readonly servicePorts: readonly number[]
  readonly targetPort: number
  readonly protocol: MeshProtocol
  /**
   * `service`: the pod is behind the service, so connections for it arrive under its name. `root`: the pod is behind a backend of
   * a TrafficSplit on the service, so requests for it arrive on the backend's connections.
   */
  readonly via: 'service' | 'root'
}

declare const viewKey: unique symbol
/** The account, the services behind which its pods stand, and features: equal keys are told the same. */
export type ViewKey = string & { readonly [viewKey]: true }

/** All that rendering depends on for one group of pods, besides what their account can reach. */
export interface View {
  readonly key: ViewKey
  readonly account: ServiceAccount
  /** Sorted by target port and service. */
  readonly targets: readonly InboundTarget[]
  readonly inbound: InboundPolicy
  readonly outbound: OutboundPolicy
  /** Whether the pod is scraped (`prometheus.io/scrape`). */
  readonly metrics: boolean
}

/** A pod that carries a sidecar. */
export interface Workload {
  readonly proxyUid: string
  readonly podUid: string
  readonly account: ServiceAccount
  readonly view: ViewKey
}

export type TlsSettings = Pick<
  MeshSettings,
  'tlsMinimum' | 'tlsMaximum' | 'cipherSuites' | 'ecdhCurves'
>

export interface MeshSnapshot {
  readonly trustDomain: TrustDomain
  readonly tls: TlsSettings
  /** Of enrolled namespaces. */
  readonly services: ReadonlyMap<ServiceKey, MeshService>
  /** Sorted by address. */
  readonly endpoints: ReadonlyMap<ServiceKey, readonly MeshEndpoint[]>
  /** By proxy uid. More than one only where pods share the uid: the identity's account tells them apart. */
  readonly workloads: ReadonlyMap<string, readonly Workload[]>
  readonly views: ReadonlyMap<ViewKey, View>
}
