/** A whole mesh rendered in memory, and calls through it. */

import type { ClusterInventory } from '../../src/model/cluster-inventory.ts'
import { toAccountKey } from '../../src/model/service-account.ts'
import { type ServiceKey, toServiceFqdn, toServiceKey } from '../../src/model/service-name.ts'
import { toSpiffeId, toTrustDomain } from '../../src/model/spiffe-id.ts'
import type { Intent } from '../../src/policy/intent.ts'
import type { ResourceType, ViewResources } from '../../src/render/envoy/envoy-resource.ts'
import { toJsonObjects } from '../../src/render/envoy/to-static-config.ts'
import { ViewRenderer } from '../../src/render/envoy/view-renderer.ts'
import { buildMeshSnapshot } from '../../src/render/mesh/build-mesh-snapshot.ts'
import type { MeshSnapshot, View } from '../../src/render/mesh/mesh-snapshot.ts'
import { type DecodedProxy, decodeProxy } from './envoy-evaluator/decoded-proxy.ts'
import {
  callEndpoint,
  evaluateCall,
  type Network,
  type Outcome,
} from './envoy-evaluator/evaluate-call.ts'
import type { HttpRequest } from './envoy-evaluator/http-request.ts'
import { anAccount, aServiceName } from './intent-builders.ts'

export const TRUST_DOMAIN = toTrustDomain('cluster.local')
export const ROOT_PEM = '-----BEGIN CERTIFICATE-----\nroot\n-----END CERTIFICATE-----\n'

export interface MeshCall {
  /** The client's account as `namespace/name`. */
  readonly from: string
  /** The service as `namespace/name`. */
  readonly to: string
  readonly port?: number
  /** What differs from `GET /` at the service's full name; `null` for a connection that carries no HTTP. */
  readonly request?: Partial<HttpRequest> | null
}

export class RenderedMesh {
  readonly snapshot: MeshSnapshot
  readonly #inventory: ClusterInventory
  readonly #renderer: ViewRenderer
  readonly #proxies = new Map<string, DecodedProxy>()

  constructor(
    world: { readonly intent: Intent; readonly inventory: ClusterInventory },
    renderer = new ViewRenderer(),
    previous?: MeshSnapshot,
  ) {
    this.#inventory = world.inventory
    this.#renderer = renderer
    this.snapshot = buildMeshSnapshot({
      ...world,
      trustDomain: TRUST_DOMAIN,
      ...(previous && { previous }),
    })
  }

  /** The view of an account whose pods all have the same one. */
  view(account: string): View {
    const views = [...this.snapshot.views.values()].filter(
      (view) => toAccountKey(view.account) === account,
    )
    const [only] = views
    if (only === undefined || views.length > 1)
      throw new Error(`${account} has ${views.length} views`)
    return only
  }

  resources(view: string | View): ViewResources {
    return this.#renderer.render({
      snapshot: this.snapshot,
      view: typeof view === 'string' ? this.view(view) : view,
      trustBundlePem: ROOT_PEM,
    })
  }

  /** Resources of one type as Envoy's documentation writes them. */
  json(account: string, type: ResourceType): readonly unknown[] {
    return toJsonObjects(type, this.resources(account)[type].values())
  }

  call({ from, to, port = 14_001, request = {} }: MeshCall): readonly Outcome[] {
    const service = aServiceName(to)
    const address = this.#addressOf(toServiceKey(service))
    const authority = `${toServiceFqdn(service)}:${port}`
    const whole = { authority, method: 'GET', path: '/', headers: {}, ...request }
    const client = this.#proxyOf(anAccount(from))
    const asked = request === null ? {} : { request: whole }
    return evaluateCall({ from: client, address, port, ...asked }, this.#network())
  }

  /** The same call as the server's first pod alone judges it, whatever the client's proxy would make of it. */
  callServer(call: MeshCall): readonly Outcome[] {
    const { from, to, port = 14_001, request = {} } = call
    const key = toServiceKey(aServiceName(to))
    const client = this.#proxyOf(anAccount(from))
    const [endpoint] = this.snapshot.endpoints.get(key) ?? []
    const target = this.snapshot.services.get(key)?.ports.find((one) => one.port === port)
    const cluster = client.clusters.get(`${key}|${target?.targetPort}`)
    if (endpoint === undefined || target === undefined || cluster === undefined)
      throw new Error(`${from} has no cluster for ${key}:${port}, or nothing is behind it`)
    const { address } = endpoint
    const whole = { authority: to, method: 'GET', path: '/', headers: {}, ...request }
    const asked = request === null ? {} : { request: whole }
    const socket = { address, port: target.targetPort }
    return callEndpoint({ from: client, address, port, ...asked }, cluster, socket, this.#network())
  }

  #addressOf(key: ServiceKey): string {
    const [clusterIp] = this.#inventory.services.get(key)?.clusterIps ?? []
    const address = clusterIp ?? this.#inventory.endpoints.get(key)?.[0]?.address
    if (address === undefined) throw new Error(`${key} has no address`)
    return address
  }

  #network(): Network {
    const network = new Map<string, DecodedProxy>()
    for (const pod of this.#inventory.pods.values()) {
      const workload = this.snapshot.workloads
        .get(pod.proxyUid ?? '')
        ?.find(({ podUid }) => podUid === pod.uid)
      const view = workload && this.snapshot.views.get(workload.view)
      if (view !== undefined && pod.ip !== undefined) network.set(pod.ip, this.#decoded(view))
    }
    return network
  }

  #proxyOf(account: { readonly namespace: string; readonly name: string }): DecodedProxy {
    const key = toAccountKey(account)
    const view = [...this.snapshot.views.values()].find((one) => toAccountKey(one.account) === key)
    if (view !== undefined) return this.#decoded(view)
    throw new Error(`no pod of ${key} has a proxy`)
  }

  #decoded(view: View): DecodedProxy {
    const known = this.#proxies.get(view.key)
    if (known !== undefined) return known
    const spiffeId = toSpiffeId(TRUST_DOMAIN, view.account)
    const proxy = decodeProxy({ spiffeId, issuedBy: ROOT_PEM }, this.resources(view))
    this.#proxies.set(view.key, proxy)
    return proxy
  }
}

/** `200 bookstore-v1`, `403`, `closed` and so on, sorted: what a reader of a test wants to know of outcomes. */
export function print(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.map(printOutcome).sort()
}

function printOutcome(outcome: Outcome): string {
  switch (outcome.type) {
    case 'refused':
      return 'refused'
    case 'closed':
      return `closed by ${outcome.by}: ${outcome.reason}`
    case 'answered':
      return `${outcome.status} by ${outcome.by}`
    case 'delivered':
      return `delivered to ${outcome.to.split('/').at(-1)}:${outcome.port}`
    case 'passed through':
      return `passed through to ${outcome.address}:${outcome.port}`
  }
}
