/** The endpoints of services, put together from their slices. */
import { isDeepStrictEqual } from 'node:util'
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { InventoryEndpoint } from '../../model/cluster-inventory.ts'
import type { ServiceKey } from '../../model/service-name.ts'
import type { SliceContents } from './read-endpoint-slice.ts'
import { SharedMap } from './shared-map.ts'

export class EndpointTable {
  readonly #slices = new Map<string, SliceContents>()
  readonly #slicesOf = new Map<ServiceKey, Set<string>>()
  readonly #endpoints = new SharedMap<ServiceKey, readonly InventoryEndpoint[]>()

  /** `undefined` takes the slice out. Costs what the slice's service has. */
  set(slice: string, given: SliceContents | undefined): void {
    const before = this.#slices.get(slice)
    const contents = given && { ...given, endpoints: intern(given.endpoints, before) }
    if (isSame(before, contents)) return
    if (before !== undefined) this.#slicesOf.get(before.service)?.delete(slice)
    if (contents === undefined) this.#slices.delete(slice)
    else this.#add(slice, contents)
    for (const service of new Set([before?.service, contents?.service]))
      if (service !== undefined) this.#rebuild(service)
  }

  snapshot(): ReadonlyMap<ServiceKey, readonly InventoryEndpoint[]> {
    return this.#endpoints.snapshot()
  }

  #add(slice: string, contents: SliceContents): void {
    this.#slices.set(slice, contents)
    const slices = this.#slicesOf.get(contents.service)
    if (slices === undefined) this.#slicesOf.set(contents.service, new Set([slice]))
    else slices.add(slice)
  }

  #rebuild(service: ServiceKey): void {
    const slices = this.#slicesOf.get(service) ?? new Set()
    if (slices.size === 0) {
      this.#slicesOf.delete(service)
      this.#endpoints.set(service, undefined)
      return
    }
    const byAddress = new Map<string, InventoryEndpoint>()
    for (const slice of [...slices].sort(byCodeUnit))
      for (const endpoint of this.#slices.get(slice)?.endpoints ?? []) {
        const same = byAddress.get(endpoint.address)
        byAddress.set(endpoint.address, same === undefined ? endpoint : joined(same, endpoint))
      }
    const sorted = [...byAddress.values()].sort((a, b) => byCodeUnit(a.address, b.address))
    this.#endpoints.set(service, sorted)
  }
}

/** The endpoints with those that are as before being the same objects as before. */
function intern(
  endpoints: readonly InventoryEndpoint[],
  before: SliceContents | undefined,
): readonly InventoryEndpoint[] {
  const known = new Map(before?.endpoints.map((endpoint) => [endpoint.address, endpoint]))
  return endpoints.map((endpoint) => {
    const same = known.get(endpoint.address)
    return same !== undefined && isDeepStrictEqual(same, endpoint) ? same : endpoint
  })
}

function isSame(a: SliceContents | undefined, b: SliceContents | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return (
    a.service === b.service &&
    a.endpoints.length === b.endpoints.length &&
    a.endpoints.every((endpoint, index) => endpoint === b.endpoints[index])
  )
}

/** One address in two slices, as while slices are being repacked, or with the ports of each in its own. */
function joined(a: InventoryEndpoint, b: InventoryEndpoint): InventoryEndpoint {
  return { ...a, ...b, ports: new Map([...a.ports, ...b.ports]), ready: a.ready || b.ready }
}
