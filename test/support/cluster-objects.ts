/** Builders of objects and ids for tests of the cluster port. */
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { type ObjectId, toObjectId } from '../../src/model/object-id.ts'

export const NAMESPACE = { group: '', version: 'v1', kind: 'Namespace' }
export const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' }
export const SERVICE = { group: '', version: 'v1', kind: 'Service' }
export const SPLIT = { group: 'split.smi-spec.io', version: 'v1alpha4', kind: 'TrafficSplit' }

interface Place {
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export function aNamespace(name: string, place: Omit<Place, 'namespace'> = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...place } }
}

export function aConfigMap(
  name: string,
  data: Readonly<Record<string, string>> = {},
  place: Place = {},
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'default', ...place, name },
    ...(Object.keys(data).length === 0 ? {} : { data }),
  }
}

/** A TrafficSplit of `bookstore` with the weights by backend. */
export function aSplit(
  name: string,
  weights: Readonly<Record<string, number>> = { 'bookstore-v1': 100 },
  place: Place = {},
): KubernetesObject {
  return {
    apiVersion: 'split.smi-spec.io/v1alpha4',
    kind: 'TrafficSplit',
    metadata: { namespace: 'default', ...place, name },
    spec: {
      service: 'bookstore',
      backends: Object.entries(weights).map(([service, weight]) => ({ service, weight })),
    },
  }
}

export interface PortOptions {
  readonly port: number
  readonly name: string
}

export function aService(
  name: string,
  ports: readonly PortOptions[],
  place: Place = {},
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', ...place, name },
    spec: { ports },
  }
}

export function idOf(object: KubernetesObject): ObjectId {
  return toObjectId(object)
}
