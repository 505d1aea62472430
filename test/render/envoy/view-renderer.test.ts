/** What is rendered again when something changes, and what is shared. */
import { describe, expect, it } from 'vitest'
import type { ClusterInventory } from '../../../src/model/cluster-inventory.ts'
import { toObjectKey } from '../../../src/model/object-id.ts'
import type { Intent } from '../../../src/policy/intent.ts'
import {
  RESOURCE_TYPES,
  type ResourceType,
  type ViewResources,
} from '../../../src/render/envoy/envoy-resource.ts'
import { ViewRenderer } from '../../../src/render/envoy/view-renderer.ts'
import { buildMeshSnapshot } from '../../../src/render/mesh/build-mesh-snapshot.ts'
import type { MeshSnapshot } from '../../../src/render/mesh/mesh-snapshot.ts'
import { bookstoreIntent, bookstoreInventory } from '../../support/bookstore.ts'
import { aGrant, anIntent } from '../../support/intent-builders.ts'
import { anInventory } from '../../support/inventory-builders.ts'
import { TRUST_DOMAIN } from '../../support/rendered-mesh.ts'

interface Pass {
  readonly snapshot: MeshSnapshot
  /** By view key. */
  readonly views: ReadonlyMap<string, ViewResources>
}

/** Publishes one world after another, as the composition root does. */
class Publisher {
  readonly #renderer = new ViewRenderer()
  #previous: MeshSnapshot | undefined

  publish(intent: Intent, inventory: ClusterInventory, trustBundlePem = 'A'): Pass {
    const snapshot = buildMeshSnapshot({
      intent,
      inventory,
      trustDomain: TRUST_DOMAIN,
      ...(this.#previous && { previous: this.#previous }),
    })
    this.#previous = snapshot
    const views = Array.from(snapshot.views.values(), (view) => {
      const resources = this.#renderer.render({ snapshot, view, trustBundlePem })
      return [view.key as string, resources] as const
    })
    return { snapshot, views: new Map(views) }
  }
}

/** `view type` for each type of each view that is not the same map as before; `view` alone for one that is new. */
function changes(before: Pass, after: Pass): readonly string[] {
  return [...after.views].flatMap(([key, resources]) => {
    const old = before.views.get(key)
    if (old === undefined) return [key]
    if (old === resources) return []
    return RESOURCE_TYPES.filter((type) => old[type] !== resources[type]).map(
      (type) => `${key} ${type}`,
    )
  })
}

/** Names whose resource is another object. */
function changedNames(
  before: Pass,
  after: Pass,
  key: string,
  type: ResourceType,
): readonly string[] {
  const old = before.views.get(key)?.[type]
  return [...(after.views.get(key)?.[type] ?? [])].flatMap(([name, resource]) =>
    old?.get(name) === resource ? [] : [name],
  )
}

const BUYER = 'bookbuyer/bookbuyer|'
const V1 = 'bookstore/bookstore-v1|bookstore/bookstore,bookstore/bookstore-v1'
const V2 = 'bookstore/bookstore-v2|bookstore/bookstore,bookstore/bookstore-v2'

describe('a change', () => {
  it('that is none renders nothing, even when every object is a new one', () => {
    const publisher = new Publisher()
    const before = publisher.publish(bookstoreIntent(), bookstoreInventory())
    const after = publisher.publish(bookstoreIntent({ commit: 'd' }), bookstoreInventory())
    expect(changes(before, after)).toEqual([])
    expect(after.snapshot.views).toBe(before.snapshot.views)
    expect(after.snapshot.endpoints).toBe(before.snapshot.endpoints)
  })

  it('of one endpoint touches the endpoints of those who may call it, and nothing else', () => {
    const publisher = new Publisher()
    const inventory = bookstoreInventory()
    const before = publisher.publish(bookstoreIntent(), inventory)
    const endpoints = new Map(inventory.endpoints)
    for (const [key, own] of endpoints)
      if (key === 'bookwarehouse/bookwarehouse')
        endpoints.set(
          key,
          own.map((one) => ({ ...one, ready: false })),
        )
    const after = publisher.publish(bookstoreIntent(), { ...inventory, endpoints })
    expect(changes(before, after)).toEqual([`${V1} endpoint`, `${V2} endpoint`])
  })

  it('of one grant touches the new caller and the one it calls', () => {
    const publisher = new Publisher()
    const inventory = bookstoreInventory()
    const intent = bookstoreIntent()
    const before = publisher.publish(intent, inventory)
    const grant = aGrant({
      to: 'bookstore/bookstore-v1',
      name: 'thief',
      from: ['bookthief/bookthief'],
      http: [{ group: 'bookstore/bookstore-routes', name: 'steal', path: '/steal' }],
    })
    const grants = new Map(intent.grants).set(toObjectKey(grant.id), grant)
    const after = publisher.publish({ ...intent, grants }, inventory)
    expect(changes(before, after)).toEqual([
      'bookthief/bookthief| cluster',
      'bookthief/bookthief| endpoint',
      'bookthief/bookthief| listener',
      'bookthief/bookthief| route',
      'bookthief/bookthief| secret',
      `${V1} listener`,
      `${V1} route`,
    ])
    expect(changedNames(before, after, V1, 'listener')).toEqual(['inbound-listener'])
    expect(changedNames(before, after, V1, 'route')).toEqual(['rds-inbound.14001'])
  })

  it('of weights touches the routes of those who call the root service', () => {
    const publisher = new Publisher()
    const before = publisher.publish(bookstoreIntent(), bookstoreInventory())
    const splits = [
      { root: 'bookstore/bookstore', backends: { 'bookstore-v1': 0, 'bookstore-v2': 100 } },
    ]
    const after = publisher.publish(bookstoreIntent({ splits }), bookstoreInventory())
    expect(changes(before, after)).toEqual([`${BUYER} route`])
  })

  it('of the roots touches the secrets, and nothing else', () => {
    const publisher = new Publisher()
    const before = publisher.publish(bookstoreIntent(), bookstoreInventory(), 'A')
    const after = publisher.publish(bookstoreIntent(), bookstoreInventory(), 'A B')
    expect(changes(before, after).filter((change) => !change.endsWith(' secret'))).toEqual([])
    expect(changes(before, after)).toHaveLength(4) // all but the bookthief, who talks to nobody
  })

  it('of a line number alone keeps every version, and names the new line', () => {
    const publisher = new Publisher()
    const before = publisher.publish(bookstoreIntent(), bookstoreInventory())
    const moved = bookstoreIntent()
    const grants = new Map(
      [...moved.grants].map(([key, grant]) => [
        key,
        { ...grant, location: { ...grant.location, line: 40 } },
      ]),
    )
    const after = publisher.publish({ ...moved, grants }, bookstoreInventory())
    const versions = (pass: Pass): unknown =>
      [...(pass.views.get(V1)?.listener.values() ?? [])].map(({ version }) => version)
    const lines = [...(after.views.get(V1)?.listener.values() ?? [])].flatMap(({ origins }) =>
      origins.map(({ line }) => line),
    )
    expect(versions(after)).toEqual(versions(before))
    expect(lines).toContain(40)
  })

  it('that takes the last pod of an account away takes its view away, and touches no other', () => {
    const publisher = new Publisher()
    const inventory = bookstoreInventory()
    const before = publisher.publish(bookstoreIntent(), inventory)
    const pods = new Map(inventory.pods)
    for (const [uid, pod] of pods) if (pod.name === 'bookthief') pods.delete(uid)
    const after = publisher.publish(bookstoreIntent(), { ...inventory, pods })
    expect(changes(before, after)).toEqual([])
    expect([...after.views.keys()]).not.toContain('bookthief/bookthief|')
  })
})

describe('sharing', () => {
  it('renders a thousand replicas of one service once', () => {
    const pods = Array.from({ length: 1000 }, (_, index) => ({
      account: 'shop/web',
      name: `web-${index}`,
      ip: `198.18.${index >> 8}.${index & 255}`,
    }))
    const inventory = anInventory({ services: [{ name: 'shop/web' }], pods })
    const { snapshot } = new Publisher().publish(anIntent({ namespaces: ['shop'] }), inventory)
    expect([snapshot.views.size, snapshot.workloads.size]).toEqual([1, 1000])
  })

  it('gives all accounts of an open mesh the same listener, endpoints and routes of their namespace', () => {
    const accounts = Array.from({ length: 20 }, (_, index) => `n${index % 2}/a${index}`)
    const inventory = anInventory({
      services: accounts.map((name) => ({ name })),
      pods: accounts.map((account) => ({ account })),
    })
    const intent = anIntent({ mesh: { permissive: true }, namespaces: ['n0', 'n1'] })
    const { snapshot, views } = new Publisher().publish(intent, inventory)
    const outbounds = new Set(Array.from(snapshot.views.values(), ({ outbound }) => outbound))
    const listeners = new Set(
      [...views.values()].map(({ listener }) => named(listener, 'outbound-listener')),
    )
    const routes = new Set(
      [...views.values()].map(({ route }) => named(route, 'rds-outbound.14001')),
    )
    const endpoints = new Set([...views.values()].map(({ endpoint }) => endpoint))
    expect([outbounds.size, listeners.size, routes.size, endpoints.size]).toEqual([1, 1, 2, 1])
  })
})

function named(map: ReadonlyMap<string, unknown>, name: string): unknown {
  return map.get(name)
}

describe('the same world', () => {
  it('gives the same bytes whatever order it was read in', () => {
    const versions = ({ views }: Pass): unknown =>
      [...views]
        .map(([key, resources]) => [
          key,
          RESOURCE_TYPES.map((type) =>
            [...resources[type].values()].map(({ name, version }) => `${name}@${version}`).sort(),
          ),
        ])
        .sort()
    const intent = bookstoreIntent()
    const inventory = bookstoreInventory()
    const turned = <K, V>(map: ReadonlyMap<K, V>): ReadonlyMap<K, V> => new Map([...map].reverse())
    const backwards = new Publisher().publish(
      { ...intent, grants: turned(intent.grants), namespaces: turned(intent.namespaces) },
      {
        ...inventory,
        services: turned(inventory.services),
        pods: turned(inventory.pods),
        endpoints: turned(inventory.endpoints),
      },
    )
    expect(versions(backwards)).toEqual(versions(new Publisher().publish(intent, inventory)))
  })

  it('is the same whether it was reached step by step or at once', () => {
    const publisher = new Publisher()
    publisher.publish(bookstoreIntent({ mesh: { permissive: true } }), anInventory({}))
    publisher.publish(bookstoreIntent({ grants: [] }), bookstoreInventory())
    const stepwise = publisher.publish(bookstoreIntent(), bookstoreInventory())
    const atOnce = new Publisher().publish(bookstoreIntent(), bookstoreInventory())
    expect(stepwise.views).toEqual(atOnce.views)
  })
})
