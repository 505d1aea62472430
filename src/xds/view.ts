/**
 * What the proxies of one view are told, and which of it they proved. A version that one of them rejected and none
 * accepted is held back from the others, who are told the last that worked (design, rule 4).
 */
import type { Ms } from '../model/clock.ts'
import {
  type EnvoyResource,
  RESOURCE_TYPES,
  type ResourceMap,
  type ResourceName,
  type ResourceType,
  type ViewResources,
} from '../render/envoy/envoy-resource.ts'
import { isSameContent, unionOf } from './resource-diff.ts'

type Held = ReadonlyMap<ResourceName, string>

export class View {
  readonly id: string
  /** The flush that asked for `published` last. */
  sequence = 0
  /** Since when it has no proxy; `undefined` while it has one. */
  idleSince: Ms | undefined
  #published: ViewResources
  #told: ViewResources
  #proven: ViewResources | undefined
  readonly #held = new Map<ResourceType, Held>()

  constructor(id: string, published: ViewResources) {
    this.id = id
    this.#published = published
    this.#told = published
  }

  get published(): ViewResources {
    return this.#published
  }

  /** `published` but for what is held back. The same object while nothing changes. */
  get told(): ViewResources {
    return this.#told
  }

  get isHolding(): boolean {
    return this.#held.size > 0
  }

  publish(resources: ViewResources): void {
    if (resources === this.#published) return
    this.#published = resources
    // A name that changed since it was rejected deserves another try.
    for (const type of this.#held.keys())
      this.#setHeld(type, (name, version) => resources[type].get(name)?.version === version)
    this.#tell()
  }

  /**
   * Some proxy rejected it and none accepted it. Answers whether what others are told changed: with no earlier version
   * that works there is nothing better to tell.
   */
  hold({ type, name, version }: EnvoyResource): boolean {
    const last = this.#proven?.[type].get(name)
    const isCurrent = this.#published[type].get(name)?.version === version
    if (!isCurrent || last === undefined || last.version === version) return false
    if (this.#held.get(type)?.get(name) === version) return false
    this.#held.set(type, new Map([...(this.#held.get(type) ?? []), [name, version]]))
    this.#tell()
    return true
  }

  /** Some proxy accepted these. Answers whether what others are told changed. */
  release(accepted: readonly EnvoyResource[]): boolean {
    const released = accepted.filter(
      ({ type, name, version }) => this.#held.get(type)?.get(name) === version,
    )
    if (released.length === 0) return false
    for (const { type, name } of released) this.#setHeld(type, (other) => other !== name)
    this.#tell()
    return true
  }

  /** A proxy runs all of these: what a later rejection falls back on. */
  prove(resources: ViewResources): void {
    if (resources === this.#published) this.#proven = resources
  }

  #setHeld(type: ResourceType, keeps: (name: ResourceName, version: string) => boolean): void {
    const kept = [...(this.#held.get(type) ?? [])].filter(([name, version]) => keeps(name, version))
    if (kept.length === 0) this.#held.delete(type)
    else this.#held.set(type, new Map(kept))
  }

  #tell(): void {
    this.#told =
      this.#proven === undefined || !this.isHolding
        ? this.#published
        : withHeld(this.#published, this.#proven, this.#held)
  }
}

/** An earlier route may need earlier clusters: while anything is held, what was proven with it stays beside the new. */
function withHeld(
  published: ViewResources,
  proven: ViewResources,
  held: ReadonlyMap<ResourceType, Held>,
): ViewResources {
  const of = (type: ResourceType): ResourceMap =>
    replaced(published[type], proven[type], held.get(type))
  return {
    cluster: unionOf(proven.cluster, of('cluster')),
    endpoint: unionOf(proven.endpoint, of('endpoint')),
    listener: of('listener'),
    route: of('route'),
    secret: unionOf(proven.secret, of('secret')),
  }
}

function replaced(
  published: ResourceMap,
  proven: ResourceMap,
  held: Held | undefined,
): ResourceMap {
  if (held === undefined) return published
  const resources = new Map(published)
  for (const name of held.keys()) {
    const last = proven.get(name)
    if (last !== undefined) resources.set(name, last)
  }
  return resources
}

/** Whether any type differs in content, however the maps came about. */
export function isSameView(before: ViewResources, after: ViewResources): boolean {
  return (
    before === after || RESOURCE_TYPES.every((type) => isSameContent(before[type], after[type]))
  )
}
