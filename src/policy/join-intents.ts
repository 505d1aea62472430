/**
 * Puts the Intents of several repositories together. Their scopes are disjoint, so nothing of one is meant to change another:
 * where two say something of the same object all the same (one of them has just taken it over), the first one named counts.
 */
import type { DeclaredObject } from './intent.ts'
import { DEFAULT_MESH_SETTINGS } from './kinds/mesh-config.ts'
import type { MeshIntent } from './mesh-intent.ts'

/** One Intent stays as it is, the same object. The settings of the mesh are the first that a MeshConfig gives. */
export function joinIntents(intents: readonly MeshIntent[]): MeshIntent {
  const [only] = intents
  if (only !== undefined && intents.length === 1) return only
  const join = <Key, Value>(part: (intent: MeshIntent) => ReadonlyMap<Key, Value>) =>
    joinMaps(intents.map(part))
  return {
    mesh: intents.find(({ mesh }) => mesh.location !== undefined)?.mesh ?? DEFAULT_MESH_SETTINGS,
    namespaces: join(({ namespaces }) => namespaces),
    grants: join(({ grants }) => grants),
    splits: join(({ splits }) => splits),
    egress: join(({ egress }) => egress),
    ingress: join(({ ingress }) => ingress),
    upstreamSettings: join(({ upstreamSettings }) => upstreamSettings),
    retries: join(({ retries }) => retries),
    telemetries: join(({ telemetries }) => telemetries),
    extensionServices: join(({ extensionServices }) => extensionServices),
    rootCertificates: join(({ rootCertificates }) => rootCertificates),
    meshPolicies: join(({ meshPolicies }) => meshPolicies),
    policyTests: join(({ policyTests }) => policyTests),
    objects: intents.flatMap(({ objects }): readonly DeclaredObject[] => objects),
  }
}

function joinMaps<Key, Value>(maps: readonly ReadonlyMap<Key, Value>[]): ReadonlyMap<Key, Value> {
  const filled = maps.filter(({ size }) => size > 0)
  const [only] = filled
  if (only !== undefined && filled.length === 1) return only
  return new Map(filled.toReversed().flatMap((map) => [...map]))
}
