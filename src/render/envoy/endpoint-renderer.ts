/** Which addresses each client is told of: those of the accounts that it may call, and no others (D15). */
import type { ServiceKey } from '../../model/service-name.ts'
import type { MeshEndpoint, MeshPort, OutboundPolicy, Upstream } from '../mesh/mesh-snapshot.ts'
import type { EnvoyResource, ResourceMap } from './envoy-resource.ts'
import { loadAssignment } from './load-assignment.ts'
import { toResourceMap } from './resource-map.ts'
import { SliceMemo } from './slice-memo.ts'

type MeshEndpoints = ReadonlyMap<ServiceKey, readonly MeshEndpoint[]>

interface Assignments {
  readonly upstream: Upstream
  readonly endpoints: readonly MeshEndpoint[] | undefined
  readonly resources: readonly EnvoyResource[]
}

/** Per upstream of a policy, and all together. */
interface AssignedMap {
  readonly endpoints: MeshEndpoints
  readonly resources: readonly (readonly EnvoyResource[])[]
  readonly map: ResourceMap
}

const NO_ENDPOINTS: readonly MeshEndpoint[] = []

export class EndpointRenderer {
  readonly #maps = new WeakMap<OutboundPolicy, AssignedMap>()
  /** By the list of accounts, which clients of the whole of a service share. */
  readonly #assignments = new SliceMemo<{ current: Assignments | undefined }>()

  /** The same map as last time when no endpoint of the policy's upstreams changed. */
  render(policy: OutboundPolicy, endpoints: MeshEndpoints): ResourceMap {
    const last = this.#maps.get(policy)
    if (last?.endpoints === endpoints) return last.map
    const resources = policy.upstreams.map((upstream) =>
      this.#assign(upstream, endpoints.get(upstream.service.key)),
    )
    const isSame =
      last !== undefined && resources.every((own, index) => own === last.resources[index])
    const map = isSame ? last.map : toResourceMap(last?.map, resources)
    this.#maps.set(policy, { endpoints, resources, map })
    return map
  }

  #assign(
    upstream: Upstream,
    endpoints: readonly MeshEndpoint[] | undefined,
  ): readonly EnvoyResource[] {
    const { service, accounts } = upstream
    const slot = this.#assignments.get(accounts, service.key, () => ({ current: undefined }))
    const { current } = slot
    if (current?.upstream.service === service && current.endpoints === endpoints)
      return current.resources
    const resources = assignments(upstream, endpoints ?? NO_ENDPOINTS)
    slot.current = { upstream, endpoints, resources }
    return resources
  }
}

/** One a target port; ports with the same target are one cluster. */
function assignments(
  { service, accounts }: Upstream,
  endpoints: readonly MeshEndpoint[],
): readonly EnvoyResource[] {
  const allowed = new Set(accounts)
  const offered = endpoints.filter((endpoint) => allowed.has(endpoint.account))
  const byTarget = new Map(service.ports.toReversed().map((port) => [port.targetPort, port]))
  return [...byTarget.values()].map((port) =>
    loadAssignment(
      service.name,
      port.targetPort,
      offered.flatMap((one) => socketOf(one, port)),
    ),
  )
}

function socketOf(
  { address, ports }: MeshEndpoint,
  { name, targetPort }: MeshPort,
): readonly { readonly address: string; readonly port: number }[] {
  const port = ports.get(name) ?? targetPort
  return port === 0 ? [] : [{ address, port }]
}
