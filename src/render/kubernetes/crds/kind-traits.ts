/** What a CustomResourceDefinition says of a kind beside its fields: how kubectl calls it and what it prints. */

export interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'date'
  readonly jsonPath: string
}

export interface KindTraits {
  readonly shortNames: readonly string[]
  /** Whether `status` is a subresource. */
  readonly hasStatus: boolean
  /** Of the canonical version; the age is printed of every kind. */
  readonly columns: readonly PrinterColumn[]
}

function traits(given: Partial<KindTraits>): KindTraits {
  return { shortNames: [], hasStatus: false, columns: [], ...given }
}

function column(name: string, jsonPath: string): PrinterColumn {
  return { name, type: 'string', jsonPath }
}

/** Short names and status as SMI and OSM have them, so that nobody's fingers have to learn. */
const TRAITS: Readonly<Record<string, KindTraits>> = {
  TrafficTarget: traits({
    shortNames: ['tt'],
    columns: [column('Destination', '.spec.destination.name')],
  }),
  HTTPRouteGroup: traits({ shortNames: ['htr'] }),
  TCPRoute: traits({ shortNames: ['tr'] }),
  TrafficSplit: traits({ shortNames: ['ts'], columns: [column('Service', '.spec.service')] }),
  MeshRootCertificate: traits({
    shortNames: ['mrc'],
    hasStatus: true,
    columns: [column('Role', '.spec.role'), column('TrustDomain', '.spec.trustDomain')],
  }),
  ExtensionService: traits({ shortNames: ['extsvc'], columns: [column('Host', '.spec.host')] }),
  IngressBackend: traits({ hasStatus: true }),
  UpstreamTrafficSetting: traits({ hasStatus: true, columns: [column('Host', '.spec.host')] }),
  Retry: traits({ columns: [column('Source', '.spec.source.name')] }),
}

const NO_TRAITS = traits({})

export function traitsOf(kind: string): KindTraits {
  return TRAITS[kind] ?? NO_TRAITS
}
