/** Documents for tests of the kinds, with defaults: a test states only what it is about. */

type Fields = Readonly<Record<string, unknown>>

function aDocument(
  apiVersion: string,
  kind: string,
  name: string,
  body: Fields,
  meta: Fields = {},
) {
  return JSON.stringify({
    apiVersion,
    kind,
    metadata: { name, namespace: 'shop', ...meta },
    ...body,
  })
}

export function aNamespace(name: string, labels: Fields = {}, annotations: Fields = {}): string {
  const metadata = {
    name,
    labels: { 'openservicemesh.io/monitored-by': 'plumbline', ...labels },
    annotations,
  }
  return JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata })
}

export function anAccount(name: string, namespace = 'shop') {
  return { kind: 'ServiceAccount', name, namespace }
}

/** Lets `web` of the namespace `web` send the matches `all` of the group `routes` to `till`. */
export function aTrafficTarget(spec: Fields = {}, meta: Fields = {}): string {
  return aDocument(
    'access.smi-spec.io/v1alpha3',
    'TrafficTarget',
    'till',
    {
      spec: {
        destination: anAccount('till'),
        sources: [anAccount('web', 'web')],
        rules: [{ kind: 'HTTPRouteGroup', name: 'routes', matches: ['all'] }],
        ...spec,
      },
    },
    meta,
  )
}

export function aRouteGroup(
  matches: readonly Fields[] = [{ name: 'all' }],
  name = 'routes',
): string {
  return aDocument('specs.smi-spec.io/v1alpha4', 'HTTPRouteGroup', name, { spec: { matches } })
}

export function aTcpRoute(ports: readonly number[], name = 'tcp'): string {
  return aDocument('specs.smi-spec.io/v1alpha4', 'TCPRoute', name, { spec: { matches: { ports } } })
}

/** Shares `web` evenly between `web-v1` and `web-v2`. */
export function aSplit(spec: Fields = {}, name = 'web', version = 'v1alpha4'): string {
  const backends = [
    { service: 'web-v1', weight: 1 },
    { service: 'web-v2', weight: 1 },
  ]
  return aDocument(`split.smi-spec.io/${version}`, 'TrafficSplit', name, {
    spec: { service: 'web', backends, ...spec },
  })
}

export function aMeshConfig(spec: Fields = {}, meta: Fields = {}): string {
  return aDocument(
    'config.openservicemesh.io/v1alpha2',
    'MeshConfig',
    'osm-mesh-config',
    { spec },
    meta,
  )
}

export function aMeshPolicy(spec: Fields): string {
  return aDocument('plumbline.dev/v1alpha1', 'MeshPolicy', 'policy', { spec })
}

/** A kind of policy.openservicemesh.io. */
export function anOsmPolicy(kind: string, spec: Fields, name = 'sample'): string {
  return aDocument('policy.openservicemesh.io/v1alpha1', kind, name, { spec })
}

export function anOsmConfig(kind: string, spec: Fields, name = 'sample'): string {
  return aDocument('config.openservicemesh.io/v1alpha2', kind, name, { spec })
}

export function aPolicyTest(spec: Fields): string {
  return aDocument('plumbline.dev/v1alpha1', 'PolicyTest', 'promises', { spec })
}

/** The namespaces that the documents above speak of. */
export const ENROLLED = [aNamespace('shop'), aNamespace('web')]
