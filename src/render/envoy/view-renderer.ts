/**
 * Renders views into Envoy resources. What it rendered is remembered by the slice of the snapshot that it came from, so that a
 * change costs what depends on it, and views that share a slice share the resources.
 */
import type { MeshSnapshot, TlsSettings, View, ViewKey } from '../mesh/mesh-snapshot.ts'
import { isHttp } from '../mesh/protocol-of.ts'
import { EndpointRenderer } from './endpoint-renderer.ts'
import type { ResourceMap, ViewResources } from './envoy-resource.ts'
import { inboundListener } from './inbound-listener.ts'
import { inboundRoutes } from './inbound-routes.ts'
import { metricsListener } from './metrics-listener.ts'
import { OutboundRenderer, type RenderedParts } from './outbound-renderer.ts'
import { localCluster, metricsCluster } from './own-clusters.ts'
import { keepIfSame, toResourceMap } from './resource-map.ts'
import { inboundValidation, type TrustAnchors } from './secrets.ts'

export interface RenderInput {
  readonly snapshot: MeshSnapshot
  /** Of that snapshot. */
  readonly view: View
  /** Every root that is trusted, PEM, one after the other. */
  readonly trustBundlePem: string
}

/** What all views have in common; when it changes, everything is rendered again. */
interface Basis extends TrustAnchors {
  readonly tls: TlsSettings
  readonly outbound: OutboundRenderer
}

/** A view as it was rendered last. */
interface Rendered {
  readonly basis: Basis
  readonly view: View
  readonly endpoints: MeshSnapshot['endpoints']
  readonly inbound: RenderedParts
  readonly outbound: RenderedParts
  readonly resources: ViewResources
}

export class ViewRenderer {
  readonly #endpoints = new EndpointRenderer()
  readonly #rendered = new Map<ViewKey, Rendered>()
  #basis: Basis | undefined
  #snapshot: MeshSnapshot | undefined

  /** The same object as last time when nothing of the view changed; the same maps for types of which nothing changed. */
  render({ snapshot, view, trustBundlePem }: RenderInput): ViewResources {
    const { endpoints } = snapshot
    const basis = this.#basisFor(snapshot, trustBundlePem)
    this.#forgetGone(snapshot)
    const last = this.#rendered.get(view.key)
    if (last?.view === view && last.basis === basis && last.endpoints === endpoints)
      return last.resources
    const inbound = this.#inbound(view, basis, last)
    const outbound = basis.outbound.render(view.outbound, view.account)
    const assigned = this.#endpoints.render(view.outbound, endpoints)
    const resources = compose(last, { inbound, outbound }, assigned)
    this.#rendered.set(view.key, { basis, view, endpoints, inbound, outbound, resources })
    return resources
  }

  #basisFor({ trustDomain, tls }: MeshSnapshot, trustBundlePem: string): Basis {
    const known = this.#basis
    const isCurrent =
      known?.tls === tls &&
      known.trustDomain === trustDomain &&
      known.trustBundlePem === trustBundlePem
    if (known !== undefined && isCurrent) return known
    const anchors = { trustDomain, trustBundlePem }
    const outbound = new OutboundRenderer({ tls }, anchors)
    this.#basis = { ...anchors, tls, outbound }
    return this.#basis
  }

  #forgetGone(snapshot: MeshSnapshot): void {
    if (snapshot === this.#snapshot) return
    this.#snapshot = snapshot
    for (const key of this.#rendered.keys())
      if (!snapshot.views.has(key)) this.#rendered.delete(key)
  }

  #inbound(view: View, basis: Basis, last: Rendered | undefined): RenderedParts {
    const isSame =
      last?.basis === basis &&
      last.view.targets === view.targets &&
      last.view.inbound === view.inbound
    return isSame ? last.inbound : renderInbound(view, basis)
  }
}

function renderInbound(view: View, basis: Basis): RenderedParts {
  const listener = inboundListener(view, basis.trustDomain, basis.tls)
  const isCalled = listener !== undefined
  const reached = view.targets.filter(({ via, protocol }) => via === 'service' || isHttp(protocol))
  return {
    cluster: [
      ...(isCalled ? reached.map(localCluster) : []),
      ...(view.metrics ? [metricsCluster()] : []),
    ],
    listener: [...(isCalled ? [listener] : []), ...(view.metrics ? [metricsListener()] : [])],
    route: isCalled ? inboundRoutes(view, basis.trustDomain) : [],
    secret: isCalled ? [inboundValidation(view.account, basis)] : [],
  }
}

function compose(
  last: Rendered | undefined,
  { inbound, outbound }: Pick<Rendered, 'inbound' | 'outbound'>,
  assigned: ResourceMap,
): ViewResources {
  const before = last?.resources
  const mapOf = (type: keyof RenderedParts): ResourceMap => {
    const isSame = last?.inbound[type] === inbound[type] && last.outbound[type] === outbound[type]
    return isSame
      ? last.resources[type]
      : toResourceMap(before?.[type], [inbound[type], outbound[type]])
  }
  const resources: ViewResources = {
    cluster: mapOf('cluster'),
    endpoint: keepIfSame(before?.endpoint, assigned),
    listener: mapOf('listener'),
    route: mapOf('route'),
    secret: mapOf('secret'),
  }
  return before !== undefined && sameMaps(before, resources) ? before : resources
}

function sameMaps(a: ViewResources, b: ViewResources): boolean {
  return (
    a.cluster === b.cluster &&
    a.endpoint === b.endpoint &&
    a.listener === b.listener &&
    a.route === b.route &&
    a.secret === b.secret
  )
}
