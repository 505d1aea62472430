/** What differs between two maps of resources, and the maps that follow from it; worked out once per pair and shared. */
import { createHash } from 'node:crypto'
import { byCodeUnit } from '../model/by-code-unit.ts'
import type { EnvoyResource, ResourceMap, ResourceName } from '../render/envoy/envoy-resource.ts'

export const NO_RESOURCES: ResourceMap = new Map()

export interface ResourceDiff {
  /** Added, or there before at another version. */
  readonly changed: readonly EnvoyResource[]
  readonly removed: readonly ResourceName[]
}

const NO_DIFF: ResourceDiff = { changed: [], removed: [] }

/** All streams of a view move from the same map to the same map, so that each pays only for what changed. */
export const diffResources = perPair((before, after): ResourceDiff => {
  if (before === after) return NO_DIFF
  return {
    changed: [...after.values()].filter(
      (resource) => before.get(resource.name)?.version !== resource.version,
    ),
    removed: [...before.keys()].filter((name) => !after.has(name)),
  }
})

export function isSameContent(before: ResourceMap, after: ResourceMap): boolean {
  const { changed, removed } = diffResources(before, after)
  return changed.length === 0 && removed.length === 0
}

/** `after`, and those of `before` that it lacks: what is told while something may still refer to the latter. */
export const unionOf = perPair((before, after): ResourceMap => {
  const { removed } = diffResources(before, after)
  if (removed.length === 0) return after
  const union = new Map(after)
  for (const name of removed) {
    const resource = before.get(name)
    if (resource !== undefined) union.set(name, resource)
  }
  return union
})

const versions = new WeakMap<ResourceMap, string>()

/** A hash of names and versions, whatever their order: the same on every replica for equal content (design, rule 6). */
export function versionOf(resources: ResourceMap): string {
  const known = versions.get(resources)
  if (known !== undefined) return known
  const hash = createHash('sha256')
  for (const name of [...resources.keys()].sort(byCodeUnit))
    hash.update(`${name}\n${resources.get(name)?.version}\n`)
  const version = hash.digest('hex').slice(0, 16)
  versions.set(resources, version)
  return version
}

const lists = new WeakMap<ResourceMap, readonly EnvoyResource[]>()

/** The resources as a list: the same list for the same map. */
export function listOf(resources: ResourceMap): readonly EnvoyResource[] {
  const known = lists.get(resources)
  if (known !== undefined) return known
  const list = [...resources.values()]
  lists.set(resources, list)
  return list
}

function perPair<T>(
  make: (before: ResourceMap, after: ResourceMap) => T,
): (before: ResourceMap, after: ResourceMap) => T {
  const made = new WeakMap<ResourceMap, WeakMap<ResourceMap, T>>()
  return (before, after) => {
    const row = made.get(before) ?? new WeakMap<ResourceMap, T>()
    if (!made.has(before)) made.set(before, row)
    const known = row.get(after)
    if (known !== undefined) return known
    const value = make(before, after)
    row.set(after, value)
    return value
  }
}
