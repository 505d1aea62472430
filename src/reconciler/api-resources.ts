/** The kinds we serve and name in URLs: one row a kind, at the version its objects are stored in. */
import type { ObjectKind } from '../model/object-id.ts'

export interface ApiResource extends ObjectKind {
  readonly plural: string
  readonly shortNames: readonly string[]
  readonly namespaced: boolean
  /** Whether `status` is a subresource: writes of the object leave it alone, and the other way round. */
  readonly hasStatus: boolean
}

type Traits = Partial<Pick<ApiResource, 'shortNames' | 'namespaced' | 'hasStatus'>>

function resource(
  apiVersion: string,
  kind: string,
  plural: string,
  traits: Traits = {},
): ApiResource {
  const slash = apiVersion.indexOf('/')
  const group = slash < 0 ? '' : apiVersion.slice(0, slash)
  const version = apiVersion.slice(slash + 1)
  return {
    group,
    version,
    kind,
    plural,
    shortNames: [],
    namespaced: true,
    hasStatus: false,
    ...traits,
  }
}

export const API_RESOURCES: readonly ApiResource[] = [
  resource('v1', 'Namespace', 'namespaces', {
    shortNames: ['ns'],
    namespaced: false,
    hasStatus: true,
  }),
  resource('v1', 'Service', 'services', { shortNames: ['svc'], hasStatus: true }),
  resource('v1', 'ServiceAccount', 'serviceaccounts', { shortNames: ['sa'] }),
  resource('v1', 'Pod', 'pods', { shortNames: ['po'], hasStatus: true }),
  resource('v1', 'Secret', 'secrets'),
  resource('v1', 'ConfigMap', 'configmaps', { shortNames: ['cm'] }),
  resource('v1', 'Event', 'events', { shortNames: ['ev'] }),
  resource('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'),
  resource('apps/v1', 'Deployment', 'deployments', { shortNames: ['deploy'], hasStatus: true }),
  resource('coordination.k8s.io/v1', 'Lease', 'leases'),
  resource('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', {
    shortNames: ['crd', 'crds'],
    namespaced: false,
    hasStatus: true,
  }),
  resource('access.smi-spec.io/v1alpha3', 'TrafficTarget', 'traffictargets', {
    shortNames: ['tt'],
  }),
  resource('specs.smi-spec.io/v1alpha4', 'HTTPRouteGroup', 'httproutegroups', {
    shortNames: ['htr'],
  }),
  resource('specs.smi-spec.io/v1alpha4', 'TCPRoute', 'tcproutes', { shortNames: ['tr'] }),
  resource('split.smi-spec.io/v1alpha4', 'TrafficSplit', 'trafficsplits', { shortNames: ['ts'] }),
  resource('config.openservicemesh.io/v1alpha2', 'MeshConfig', 'meshconfigs'),
  resource('config.openservicemesh.io/v1alpha2', 'MeshRootCertificate', 'meshrootcertificates', {
    shortNames: ['mrc'],
    hasStatus: true,
  }),
  resource('config.openservicemesh.io/v1alpha2', 'ExtensionService', 'extensionservices', {
    shortNames: ['extsvc'],
  }),
  resource('policy.openservicemesh.io/v1alpha1', 'Egress', 'egresses'),
  resource('policy.openservicemesh.io/v1alpha1', 'IngressBackend', 'ingressbackends', {
    hasStatus: true,
  }),
  resource(
    'policy.openservicemesh.io/v1alpha1',
    'UpstreamTrafficSetting',
    'upstreamtrafficsettings',
    { hasStatus: true },
  ),
  resource('policy.openservicemesh.io/v1alpha1', 'Retry', 'retries'),
  resource('policy.openservicemesh.io/v1alpha1', 'Telemetry', 'telemetries'),
  resource('plumbline.dev/v1alpha1', 'MeshPolicy', 'meshpolicies'),
  resource('plumbline.dev/v1alpha1', 'MeshRepository', 'meshrepositories', {
    shortNames: ['mrepo'],
    hasStatus: true,
  }),
]

const BY_KIND = new Map(API_RESOURCES.map((row) => [`${row.group}/${row.kind}`, row]))

/** `undefined` for a kind that is not served, or not at that version. */
export function apiResourceOf(kind: ObjectKind): ApiResource | undefined {
  const row = BY_KIND.get(`${kind.group}/${kind.kind}`)
  return row?.version === kind.version ? row : undefined
}
