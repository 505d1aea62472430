/** Builders of policy objects as they are applied. */
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'

interface Place {
  readonly namespace?: string
}

export function aRouteGroup(name: string, pathRegex = '/.*', place: Place = {}): KubernetesObject {
  return {
    apiVersion: 'specs.smi-spec.io/v1alpha4',
    kind: 'HTTPRouteGroup',
    metadata: { namespace: 'bookstore', ...place, name },
    spec: { matches: [{ name: 'all', methods: ['GET'], pathRegex }] },
  }
}

export function aTrafficTarget(
  name: string,
  sources: readonly string[] = ['bookbuyer'],
  place: Place = {},
): KubernetesObject {
  const namespace = place.namespace ?? 'bookstore'
  return {
    apiVersion: 'access.smi-spec.io/v1alpha3',
    kind: 'TrafficTarget',
    metadata: { namespace, name },
    spec: {
      destination: { kind: 'ServiceAccount', name: 'bookstore', namespace },
      rules: [{ kind: 'HTTPRouteGroup', name: 'routes', matches: ['all'] }],
      sources: sources.map((source) => ({
        kind: 'ServiceAccount',
        name: source,
        namespace: source,
      })),
    },
  }
}

export function aMeshConfig(isPermissive: boolean): KubernetesObject {
  return {
    apiVersion: 'config.openservicemesh.io/v1alpha2',
    kind: 'MeshConfig',
    metadata: { namespace: 'bookstore', name: 'osm-mesh-config' },
    spec: { traffic: { enablePermissiveTrafficPolicyMode: isPermissive } },
  }
}

export function anEnrolledNamespace(name: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { 'openservicemesh.io/monitored-by': 'osm' },
      annotations: { 'openservicemesh.io/sidecar-injection': 'enabled' },
    },
  }
}
