/** The whole of a view in one file, and the check that a view is whole. */
import { describe, expect, it } from 'vitest'
import { findInconsistencies } from '../../../src/render/envoy/consistent.ts'
import type {
  ResourceName,
  ResourceType,
  ViewResources,
} from '../../../src/render/envoy/envoy-resource.ts'
import { toLeafSecret } from '../../../src/render/envoy/leaf-secret.ts'
import { toStaticConfig } from '../../../src/render/envoy/to-static-config.ts'
import { bookstoreIntent, bookstoreInventory } from '../../support/bookstore.ts'
import { anAccount } from '../../support/intent-builders.ts'
import { RenderedMesh } from '../../support/rendered-mesh.ts'

const mesh = new RenderedMesh({ intent: bookstoreIntent(), inventory: bookstoreInventory() })
const buyer = mesh.resources('bookbuyer/bookbuyer')
const leaf = toLeafSecret({
  account: anAccount('bookbuyer/bookbuyer'),
  chainPem: 'CHAIN',
  keyPem: 'KEY',
})

function without(resources: ViewResources, type: ResourceType, name: string): ViewResources {
  const left = new Map(resources[type])
  left.delete(name as ResourceName)
  return { ...resources, [type]: left }
}

describe('a static configuration', () => {
  const text = JSON.stringify(toStaticConfig({ resources: buyer, leaf }))

  it('refers to nothing that a proxy would have to fetch', () => {
    expect(text).not.toMatch(/"(ads|rds|eds_cluster_config|sds_config)"/)
  })

  it('has routes, endpoints and secrets where they are used', () => {
    expect(toStaticConfig({ resources: buyer, leaf })).toMatchObject({
      static_resources: {
        listeners: [
          {
            filter_chains: [
              { filters: [{ typed_config: { route_config: { name: 'rds-outbound.14001' } } }] },
              {},
              {},
            ],
          },
        ],
        clusters: [
          {
            name: 'bookstore/bookstore|14001',
            type: 'STATIC',
            load_assignment: { endpoints: [{}] },
          },
          {},
          {},
        ],
        secrets: [
          { name: 'root-cert-for-mtls-outbound:bookstore/bookstore' },
          {},
          {},
          {
            name: 'service-cert:bookbuyer/bookbuyer',
            tls_certificate: {
              certificate_chain: { inline_string: 'CHAIN' },
              private_key: { inline_string: 'KEY' },
            },
          },
        ],
      },
    })
  })

  it.each([
    ['route', 'rds-outbound.14001'],
    ['endpoint', 'bookstore/bookstore|14001'],
  ] as const)('is not made when a %s is missing', (type, name) => {
    expect(() => toStaticConfig({ resources: without(buyer, type, name), leaf })).toThrow(name)
  })
})

describe('the check of a view', () => {
  it('finds nothing amiss in a whole one', () => {
    expect(findInconsistencies(buyer, leaf)).toEqual([])
  })

  it.each([
    ['cluster', 'bookstore/bookstore-v1|14001'],
    ['endpoint', 'bookstore/bookstore-v1|14001'],
    ['route', 'rds-outbound.14001'],
    ['secret', 'root-cert-for-mtls-outbound:bookstore/bookstore'],
  ] as const)('misses a %s that is referred to', (type, name) => {
    expect(findInconsistencies(without(buyer, type, name), leaf)).toContain(
      `${type} ${name} is missing`,
    )
  })

  it('misses the leaf, and notices what nothing refers to', () => {
    const listenerless = { ...buyer, listener: new Map() }
    expect([findInconsistencies(buyer), findInconsistencies(listenerless, leaf)]).toEqual([
      ['secret service-cert:bookbuyer/bookbuyer is missing'],
      ['nothing refers to route rds-outbound.14001'],
    ])
  })
})
