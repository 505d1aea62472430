/**
 * A model of Envoy's side of a state-of-the-world stream: wildcard clusters and listeners, route names derived from the
 * listeners it runs, endpoint names from its clusters; a new cluster takes traffic once its endpoints came after it.
 */
import type { ResourceType } from '../../../src/render/envoy/envoy-resource.ts'
import type { DiscoveryRequest } from '../../../src/xds/discovery-request.ts'
import type { Response } from '../../../src/xds/discovery-response.ts'
import { aRequest } from './builders.ts'

export type Sent = { readonly of: ResourceType; readonly request: DiscoveryRequest }

/** `1 a b`: a version, and the names the resource refers to. `bad` as the version makes the model reject it. */
export function contentOf(bytes: Uint8Array): { version: string; refersTo: readonly string[] } {
  const [, content = ''] = Buffer.from(bytes).toString().split('=')
  const [version = '', ...refersTo] = content.split(' ')
  return { version, refersTo }
}

interface Held {
  readonly names: readonly string[]
  readonly nonce: string
  readonly version: string
}

export class ModelEnvoy {
  readonly resources: Record<ResourceType, Map<string, string>> = {
    cluster: new Map(),
    endpoint: new Map(),
    listener: new Map(),
    route: new Map(),
    secret: new Map(),
  }
  /** Clusters that took traffic at least once since they were added. */
  readonly active = new Set<string>()
  readonly outbox: Sent[] = []
  /** What a real Envoy would have met with failed requests. */
  readonly breaks: string[] = []
  readonly #held = new Map<ResourceType, Held>()
  readonly #namesCulprits: boolean

  constructor(options: { readonly namesCulprits: boolean }) {
    this.#namesCulprits = options.namesCulprits
  }

  /** Also after the connection was lost: everything is asked for afresh, and what runs goes on running. */
  connect(): void {
    this.outbox.length = 0
    const before = new Map(this.#held)
    this.#held.clear()
    for (const type of ['cluster', 'endpoint', 'listener', 'route'] as const)
      if (type === 'cluster' || type === 'listener' || before.get(type)?.names.length)
        this.#ask(type, before.get(type)?.names ?? [])
  }

  receive(response: Response): void {
    const bad = response.resources.filter(({ bytes }) => contentOf(bytes).version === 'bad')
    const held = this.#held.get(response.type)
    if (bad.length > 0) {
      const culprits = bad.map((resource) => `${resource.name}: bad`).join(', ')
      this.#held.set(response.type, {
        names: held?.names ?? [],
        nonce: response.nonce,
        version: held?.version ?? '',
      })
      this.#send(response.type, this.#namesCulprits ? culprits : 'something is wrong')
      return
    }
    this.#apply(response)
    const { nonce, version } = response
    this.#held.set(response.type, { names: held?.names ?? [], nonce, version })
    this.#send(response.type)
    this.#follow()
  }

  #apply(response: Response): void {
    const into = this.resources[response.type]
    const told = new Map<string, string>(
      response.resources.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]),
    )
    if (response.type === 'cluster') this.#removeClusters(told)
    if (response.type === 'cluster' || response.type === 'listener') into.clear()
    const isWhole = response.type === 'cluster' || response.type === 'listener'
    const names = this.#held.get(response.type)?.names ?? []
    // What was not asked for, or no longer is, is passed over.
    for (const [name, text] of told) if (isWhole || names.includes(name)) into.set(name, text)
    if (response.type === 'endpoint')
      for (const name of told.keys()) if (this.resources.cluster.has(name)) this.active.add(name)
    if (response.type === 'route') this.#checkRoutes('was told a route to')
  }

  #removeClusters(told: ReadonlyMap<string, string>): void {
    for (const name of this.resources.cluster.keys())
      if (!told.has(name)) {
        this.active.delete(name)
        this.resources.endpoint.delete(name)
      }
    this.#checkRoutes('lost', told)
  }

  /** Every cluster that a running route names must take traffic. */
  #checkRoutes(what: string, told?: ReadonlyMap<string, string>): void {
    for (const route of this.#runningRoutes()) {
      const text = this.resources.route.get(route) ?? ''
      for (const cluster of contentOf(Buffer.from(text)).refersTo)
        if (told === undefined ? !this.active.has(cluster) : !told.has(cluster))
          this.breaks.push(`${what} ${cluster}`)
    }
  }

  #runningRoutes(): readonly string[] {
    return this.#refers('listener').filter((name) => this.resources.route.has(name))
  }

  #refers(type: 'listener'): readonly string[] {
    const texts = [...this.resources[type].values()]
    return [...new Set(texts.flatMap((text) => contentOf(Buffer.from(text)).refersTo))].sort()
  }

  /** Asks for the names that what it runs refers to, when they changed. */
  #follow(): void {
    this.#ask('endpoint', [...this.resources.cluster.keys()].sort())
    this.#ask('route', this.#refers('listener'))
  }

  #ask(type: ResourceType, names: readonly string[]): void {
    const held = this.#held.get(type)
    if (held === undefined && names.length === 0 && type !== 'cluster' && type !== 'listener')
      return
    if (held !== undefined && held.names.join() === names.join()) return
    for (const gone of (held?.names ?? []).filter((name) => !names.includes(name)))
      this.resources[type].delete(gone)
    this.#held.set(type, { nonce: '', version: '', ...held, names })
    this.#send(type)
  }

  #send(of: ResourceType, errorDetail?: string): void {
    const held = this.#held.get(of)
    this.outbox.push({
      of,
      request: aRequest({
        resourceNames: [...(held?.names ?? [])],
        responseNonce: held?.nonce ?? '',
        versionInfo: held?.version ?? '',
        errorDetail,
      }),
    })
  }
}
