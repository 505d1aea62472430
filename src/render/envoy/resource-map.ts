/** Maps of resources that are the same objects as last time when nothing changed. */
import { sameValue } from '../mesh/same-value.ts'
import type { EnvoyResource, ResourceMap, ResourceName } from './envoy-resource.ts'

const NONE: ResourceMap = new Map()

/** The resources by name; each is the one of last time where it says the same, and so is the map. */
export function toResourceMap(
  before: ResourceMap | undefined,
  parts: readonly (readonly EnvoyResource[])[],
): ResourceMap {
  const map = new Map<ResourceName, EnvoyResource>()
  for (const part of parts)
    for (const resource of part) {
      const old = before?.get(resource.name)
      map.set(resource.name, old !== undefined && isSame(old, resource) ? old : resource)
    }
  return keepIfSame(before, map)
}

/** `before` when the other map holds the same objects. */
export function keepIfSame(before: ResourceMap | undefined, after: ResourceMap): ResourceMap {
  const old = before ?? NONE
  if (old === after || old.size !== after.size) return after
  for (const [name, resource] of after) if (old.get(name) !== resource) return after
  return old
}

/** Equal bytes that were written elsewhere in the repository are told anew, so that a NACK names the line as it is now. */
function isSame(a: EnvoyResource, b: EnvoyResource): boolean {
  return a === b || (a.version === b.version && sameValue(a.origins, b.origins))
}
