/** In which stage an object is written or taken away. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { ObjectKind } from '../../model/object-id.ts'
import type { Stage } from './step.ts'

const MONITORED_BY = 'openservicemesh.io/monitored-by'
const IGNORE = 'openservicemesh.io/ignore'

/** Kinds that others refer to by name, and settings: they come before what uses them and go after it. */
const REFERRED_TO = new Set([
  'CustomResourceDefinition',
  'HTTPRouteGroup',
  'TCPRoute',
  'UpstreamTrafficSetting',
  'ExtensionService',
  'MeshRootCertificate',
])

/** `live` is what the write changes; absent for a new object. */
export function writeStage(object: KubernetesObject, live: KubernetesObject | undefined): Stage {
  if (object.kind === 'Namespace') return isUnenrolled(object, live) ? 'restrict' : 'enroll'
  if (object.kind === 'MeshConfig') return isTightened(object, live) ? 'restrict' : 'routes'
  return REFERRED_TO.has(object.kind) ? 'routes' : 'grants'
}

export function pruneStage(kind: ObjectKind): 'prune' | 'restrict' {
  return kind.kind === 'Namespace' || kind.kind === 'MeshConfig' ? 'restrict' : 'prune'
}

/** Grants go before the route groups they name. */
export function pruneRank(kind: ObjectKind): number {
  return REFERRED_TO.has(kind.kind) ? 1 : 0
}

function isUnenrolled(object: KubernetesObject, live: KubernetesObject | undefined): boolean {
  return live !== undefined && isEnrolled(live) && !isEnrolled(object)
}

function isEnrolled({ metadata }: KubernetesObject): boolean {
  return metadata.labels?.[MONITORED_BY] !== undefined && metadata.labels[IGNORE] === undefined
}

/** Permissive mode ends: what was open to everybody closes, so every grant must be there first. */
function isTightened(object: KubernetesObject, live: KubernetesObject | undefined): boolean {
  return live !== undefined && isPermissive(live) && !isPermissive(object)
}

function isPermissive(object: KubernetesObject): boolean {
  const spec = object['spec'] as
    | { readonly traffic?: { readonly enablePermissiveTrafficPolicyMode?: unknown } }
    | undefined
  return spec?.traffic?.enablePermissiveTrafficPolicyMode === true
}
