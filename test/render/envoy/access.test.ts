/** What the rendered configuration lets through, seen from the outside: the bookstore and the decisions of docs/osm-differences.md. */
import { describe, expect, it } from 'vitest'
import { bookstoreIntent, bookstoreInventory } from '../../support/bookstore.ts'
import { anEnrollment, anIntent, type IntentOptions } from '../../support/intent-builders.ts'
import { anInventory, type InventoryOptions } from '../../support/inventory-builders.ts'
import { type MeshCall, print, RenderedMesh } from '../../support/rendered-mesh.ts'

const bookstore = new RenderedMesh({ intent: bookstoreIntent(), inventory: bookstoreInventory() })

/** One client and one server that speaks HTTP on 14001 and TCP on 3306. */
function shop(intent: IntentOptions, inventory: InventoryOptions = {}): RenderedMesh {
  return new RenderedMesh({
    intent: anIntent({ namespaces: ['shop', 'client'], ...intent }),
    inventory: anInventory({
      services: [{ name: 'shop/db', ports: [14_001, { port: 3306, name: 'tcp-mysql' }] }],
      pods: [{ account: 'client/web' }, { account: 'client/cron' }, { account: 'shop/db' }],
      ...inventory,
    }),
  })
}

const ASK: MeshCall = { from: 'client/web', to: 'shop/db' }
const DIAL: MeshCall = { ...ASK, port: 3306, request: null }
const ROUTES = [{ name: 'read', path: '/read', methods: ['GET'] }] as const

function isInbound(listener: unknown): boolean {
  return (listener as { name?: string }).name === 'inbound-listener'
}

describe('the bookstore', () => {
  const buy = { path: '/buy-a-book/new' }

  it('lets the bookbuyer buy from both versions of the bookstore', () => {
    const calls = bookstore.call({
      from: 'bookbuyer/bookbuyer',
      to: 'bookstore/bookstore',
      request: buy,
    })
    expect(print(calls)).toEqual([
      'delivered to bookstore-v1:14001',
      'delivered to bookstore-v2:14001',
    ])
  })

  it('refuses the bookthief at its own sidecar, because nothing is reachable', () => {
    const calls = bookstore.call({
      from: 'bookthief/bookthief',
      to: 'bookstore/bookstore',
      request: buy,
    })
    expect(print(calls)).toEqual(['refused'])
  })

  it('answers 404 for a path that no route knows, and for a known path with another method', () => {
    const ask = { from: 'bookbuyer/bookbuyer', to: 'bookstore/bookstore-v1' }
    expect([
      print(bookstore.call({ ...ask, request: { path: '/secrets' } })),
      print(bookstore.call({ ...ask, request: { ...buy, method: 'DELETE' } })),
      print(bookstore.call({ ...ask, request: { path: '/buy-a-book/new/2' } })),
    ]).toEqual([['404 by server'], ['404 by server'], ['404 by server']])
  })

  it('matches a path without its query', () => {
    const calls = bookstore.call({
      from: 'bookbuyer/bookbuyer',
      to: 'bookstore/bookstore-v1',
      request: { path: '/books-bought?since=monday' },
    })
    expect(print(calls)).toEqual(['delivered to bookstore-v1:14001'])
  })

  it('lets both bookstores restock, and nobody else', () => {
    const request = { method: 'POST', path: '/restock-books' }
    const to = 'bookwarehouse/bookwarehouse'
    expect([
      print(bookstore.call({ from: 'bookstore/bookstore-v2', to, request })),
      print(bookstore.call({ from: 'bookbuyer/bookbuyer', to, request })),
    ]).toEqual([['delivered to bookwarehouse:14001'], ['closed by client: no filter chain']])
  })
})

describe('grants add up (D14)', () => {
  const narrow = { to: 'shop/db', name: 'narrow', from: ['client/web'], http: ROUTES }
  const wide = { to: 'shop/db', name: 'wide', from: ['client/cron'], http: [{ name: 'all' }] }

  it('never lets a narrower route of another caller shadow an allow, whichever comes first', () => {
    const mesh = shop({ grants: [narrow, wide] })
    const read = { path: '/read' }
    expect([
      print(mesh.call({ ...ASK, from: 'client/cron', request: read })),
      print(mesh.call({ ...ASK, from: 'client/web', request: read })),
      print(mesh.call({ ...ASK, from: 'client/web', request: { path: '/write' } })),
    ]).toEqual([['delivered to db:14001'], ['delivered to db:14001'], ['403 by server']])
  })

  it('gives a match that two grants name the principals of both', () => {
    const other = { ...narrow, name: 'other', from: ['client/cron'] }
    const mesh = shop({ grants: [narrow, other] })
    expect(mesh.view('shop/db').inbound).toMatchObject({
      http: [{ pathRegex: '/read', principals: ['client/cron', 'client/web'] }],
    })
  })
})

describe('what a grant does not open', () => {
  it('opens no TCP port by HTTP rules (D17)', () => {
    const mesh = shop({ grants: [{ to: 'shop/db', from: ['client/web'], http: ROUTES }] })
    expect([
      print(mesh.call(DIAL)),
      print(mesh.call({ ...ASK, request: { path: '/read' } })),
    ]).toEqual([['closed by server: RBAC denies the connection'], ['delivered to db:14001']])
  })

  it('opens no HTTP port by a TCPRoute, and only the TCP ports that it lists', () => {
    const listed = shop({ grants: [{ to: 'shop/db', from: ['client/web'], tcp: [3306] }] })
    const others = shop({ grants: [{ to: 'shop/db', from: ['client/web'], tcp: [3307] }] })
    const all = shop({ grants: [{ to: 'shop/db', from: ['client/web'], tcp: 'any' }] })
    expect(
      [listed, others, all].map((mesh) => [print(mesh.call(DIAL)), print(mesh.call(ASK))]),
    ).toEqual([
      [['delivered to db:3306'], ['503 by client']],
      [['closed by server: RBAC denies the connection'], ['503 by client']],
      [['delivered to db:3306'], ['503 by client']],
    ])
  })

  it('denies everybody when a grant has no sources (D16)', () => {
    const mesh = shop({ grants: [{ to: 'shop/db', from: [], http: ROUTES, tcp: 'any' }], mesh: {} })
    const web = mesh.call({ ...ASK, request: { path: '/read' } })
    expect(print(web)).toEqual(['refused'])
    expect(mesh.view('shop/db').inbound).toMatchObject({ http: [{ principals: [] }] })
  })

  it('covers one port only when the grant is restricted to it (D22)', () => {
    const services = [
      { name: 'shop/db', ports: [14_001, { name: 'http-alt', port: 80, targetPort: 8080 }] },
    ]
    const mesh = shop(
      { grants: [{ to: 'shop/db', from: ['client/web'], http: ROUTES, port: 8080 }] },
      { services },
    )
    const read = { path: '/read' }
    expect([
      print(mesh.call({ ...ASK, port: 80, request: read })),
      print(mesh.call({ ...ASK, port: 14_001, request: read })),
    ]).toEqual([['delivered to db:8080'], ['503 by client']])
  })

  it('counts no source of a namespace that left the mesh', () => {
    const grants = [
      { to: 'shop/db', from: ['client/web', 'gone/web'], http: [{ name: 'all' }] },
    ] as const
    const gone = anEnrollment('gone', { enrolled: false })
    const mesh = shop({ grants, namespaces: ['shop', 'client', gone] })
    expect(mesh.view('shop/db').inbound).toMatchObject({ http: [{ principals: ['client/web'] }] })
  })
})

describe('two accounts behind one service (D15)', () => {
  const inventory = {
    services: [{ name: 'shop/both', selector: { tier: 'shop' } }],
    pods: [
      { account: 'client/web' },
      { account: 'shop/blue', labels: { tier: 'shop' } },
      { account: 'shop/green', labels: { tier: 'shop' } },
    ],
  }
  const grants = [{ to: 'shop/blue', from: ['client/web'], http: [{ name: 'all' }] }] as const

  it('offers only endpoints of the account that is granted', () => {
    const mesh = shop({ grants }, inventory)
    expect(print(mesh.call({ from: 'client/web', to: 'shop/both' }))).toEqual([
      'delivered to blue:14001',
    ])
  })

  it('accepts no certificate but the granted account`s', () => {
    const mesh = shop({ grants }, inventory)
    expect(mesh.json('client/web', 'secret')).toMatchObject([
      {
        name: 'root-cert-for-mtls-outbound:shop/both',
        validation_context: {
          match_typed_subject_alt_names: [
            { san_type: 'URI', matcher: { exact: 'spiffe://cluster.local/ns/shop/sa/blue' } },
          ],
        },
      },
    ])
  })
})

describe('open namespaces', () => {
  it('lets every identity of the mesh in when the MeshConfig is permissive, still by mutual TLS', () => {
    const mesh = shop({ mesh: { permissive: true } })
    expect([print(mesh.call(ASK)), print(mesh.call(DIAL))]).toEqual([
      ['delivered to db:14001'],
      ['delivered to db:3306'],
    ])
    const inbound = mesh.json('shop/db', 'listener').filter(isInbound)
    const demanding = { typed_config: { require_client_certificate: true } }
    expect(inbound).toMatchObject([
      { filter_chains: [{ transport_socket: demanding }, { transport_socket: demanding }] },
    ])
  })

  it('opens one namespace by its MeshPolicy, and closes one under a permissive MeshConfig', () => {
    const opened = shop({ meshPolicies: { shop: { access: 'permissive' } } })
    const closed = shop({
      mesh: { permissive: true },
      meshPolicies: { shop: { access: 'strict' } },
    })
    expect([print(opened.call(ASK)), print(closed.call(ASK))]).toEqual([
      ['delivered to db:14001'],
      ['refused'],
    ])
  })
})

describe('paths on the way in', () => {
  const mesh = shop({
    grants: [
      { to: 'shop/db', from: ['client/web'], http: [{ name: 'public', path: '/public/.*' }] },
    ],
  })

  it.each([
    ['/public/../admin', '404 by server'],
    ['/public/%2e%2e/admin', '404 by server'],
    ['/public//../../admin', '404 by server'],
    ['/public/..%2fadmin', '400 by server'],
    ['/public/..%5cadmin', '400 by server'],
    ['//public/x', 'delivered to db:14001'],
  ])('judges %s as the workload will read it', (path, expected) => {
    expect(print(mesh.call({ ...ASK, request: { path } }))).toEqual([expected])
  })
})

describe('destinations outside the mesh', () => {
  it('closes them unless they are passed through', () => {
    const grants = [{ to: 'shop/db', from: ['client/web'], http: ROUTES }] as const
    const services = [{ name: 'shop/db' }, { name: 'outside/api', clusterIps: ['203.0.113.9'] }]
    const closed = shop({ grants }, { services })
    const open = shop({ grants, mesh: { egressPassthrough: true } }, { services })
    const byPolicy = shop(
      { grants, meshPolicies: { client: { egress: 'passthrough' } } },
      { services },
    )
    const call = { from: 'client/web', to: 'outside/api', port: 443, request: null }
    expect([closed, open, byPolicy].map((mesh) => print(mesh.call(call)))).toEqual([
      ['closed by client: no filter chain'],
      ['passed through to 203.0.113.9:443'],
      ['passed through to 203.0.113.9:443'],
    ])
  })
})
