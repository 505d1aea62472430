/** What the mesh is taken to be, given a commit and a cluster. */
import { describe, expect, it } from 'vitest'
import type { ServiceKey } from '../../../src/model/service-name.ts'
import { buildMeshSnapshot } from '../../../src/render/mesh/build-mesh-snapshot.ts'
import type { MeshSnapshot } from '../../../src/render/mesh/mesh-snapshot.ts'
import { anEnrollment, anIntent, type IntentOptions } from '../../support/intent-builders.ts'
import { anInventory, type InventoryOptions } from '../../support/inventory-builders.ts'
import { print, RenderedMesh, TRUST_DOMAIN } from '../../support/rendered-mesh.ts'

function snapshot(inventory: InventoryOptions, intent: IntentOptions = {}): MeshSnapshot {
  return buildMeshSnapshot({
    intent: anIntent({ namespaces: ['shop'], ...intent }),
    inventory: anInventory(inventory),
    trustDomain: TRUST_DOMAIN,
  })
}

function service(mesh: MeshSnapshot, key: string): unknown {
  return mesh.services.get(key as ServiceKey)
}

function addresses(mesh: MeshSnapshot, key: string): readonly string[] {
  return (mesh.endpoints.get(key as ServiceKey) ?? []).map(({ address }) => address)
}

describe('services', () => {
  it.each([
    [{ appProtocol: 'tcp', name: 'http-web' }, 'tcp'],
    [{ appProtocol: 'kubernetes.io/h2c' }, 'http'],
    [{ name: 'grpc-api' }, 'grpc'],
    [{ name: 'tcp-mysql' }, 'tcp'],
    [{ name: 'tcp-server-first-mysql' }, 'tcp-server-first'],
    [{ name: 'web' }, 'http'],
    [{ name: 'tcp' }, 'http'],
  ] as const)('have a port %j that speaks %s', (port, protocol) => {
    const mesh = snapshot({ services: [{ name: 'shop/web', ports: [{ port: 80, ...port }] }] })
    expect(service(mesh, 'shop/web')).toMatchObject({ ports: [{ port: 80, protocol }] })
  })

  it('have no port for UDP (D19), nor for an appProtocol that cannot be routed', () => {
    const ports = [
      { port: 53, name: 'dns', protocol: 'UDP' },
      { port: 443, name: 'web', appProtocol: 'https' },
    ] as const
    expect(
      service(snapshot({ services: [{ name: 'shop/web', ports }] }), 'shop/web'),
    ).toMatchObject({
      ports: [],
    })
  })

  it('of a namespace that is not enrolled are not there', () => {
    const gone = anEnrollment('gone', { enrolled: false })
    const mesh = snapshot(
      { services: [{ name: 'shop/web' }, { name: 'other/web' }, { name: 'gone/web' }] },
      { namespaces: ['shop', gone] },
    )
    expect([...mesh.services.keys()]).toEqual(['shop/web'])
  })

  it('that are headless are reached at the addresses of their ready pods', () => {
    const mesh = snapshot({
      services: [{ name: 'shop/db', clusterIps: [] }],
      pods: [
        { account: 'shop/db', name: 'b', ip: '198.18.0.2' },
        { account: 'shop/db', name: 'a', ip: '198.18.0.1' },
        { account: 'shop/db', name: 'c', ip: '198.18.0.3', ready: false },
      ],
    })
    expect(service(mesh, 'shop/db')).toMatchObject({ addresses: ['198.18.0.1', '198.18.0.2'] })
  })

  it('that are headless have a service for each hostname, which takes the pod`s address', () => {
    const mesh = snapshot({
      services: [{ name: 'shop/db', clusterIps: [] }],
      pods: [
        { account: 'shop/db', name: 'db-0', hostname: 'db-0', ip: '198.18.0.1' },
        { account: 'shop/db', name: 'db-1', hostname: 'db-1', ip: '198.18.0.2' },
      ],
    })
    const reached = [...mesh.services].map(([key, { addresses: own }]) => [key, own])
    expect(reached).toEqual([
      ['shop/db', []],
      ['shop/db-0.db', ['198.18.0.1']],
      ['shop/db-1.db', ['198.18.0.2']],
    ])
    expect([addresses(mesh, 'shop/db'), addresses(mesh, 'shop/db-1.db')]).toEqual([
      ['198.18.0.1', '198.18.0.2'],
      ['198.18.0.2'],
    ])
  })
})

describe('target ports by name', () => {
  const ports = [{ name: 'http', port: 80, targetPort: 'web' }]
  const pods = [
    { account: 'shop/web', name: 'new', namedPorts: { web: 8081 } },
    { account: 'shop/web', name: 'old', namedPorts: { web: 8080 } },
  ]

  it('are resolved by the endpoints, and the lowest number names the cluster', () => {
    const mesh = snapshot({ services: [{ name: 'shop/web', ports }], pods })
    expect(service(mesh, 'shop/web')).toMatchObject({ ports: [{ targetPort: 8080 }] })
  })

  it('are 0 while no endpoint says otherwise', () => {
    const mesh = snapshot({ services: [{ name: 'shop/web', ports }] })
    expect(service(mesh, 'shop/web')).toMatchObject({ ports: [{ targetPort: 0 }] })
  })

  it('lead to each pod at the number it has itself', () => {
    const world = {
      intent: anIntent({ namespaces: ['shop'], mesh: { permissive: true } }),
      inventory: anInventory({
        services: [{ name: 'shop/web', ports }],
        pods: [...pods, { account: 'shop/client' }],
      }),
    }
    const calls = new RenderedMesh(world).call({ from: 'shop/client', to: 'shop/web', port: 80 })
    expect(print(calls)).toEqual(['delivered to web:8080', 'delivered to web:8081'])
  })
})

describe('endpoints', () => {
  it('are offered only when ready, and when it is known who answers there', () => {
    const mesh = snapshot({
      services: [{ name: 'shop/web' }],
      endpoints: {
        'shop/web': [
          {
            address: '198.18.0.1',
            ports: new Map([['', 80]]),
            ready: true,
            podUid: 'pod-shop-web',
          },
          { address: '198.18.0.2', ports: new Map([['', 80]]), ready: true, podUid: 'pod-unknown' },
          { address: '198.18.0.3', ports: new Map([['', 80]]), ready: true },
          {
            address: '198.18.0.4',
            ports: new Map([['', 80]]),
            ready: false,
            podUid: 'pod-shop-web',
          },
        ],
      },
      pods: [{ account: 'shop/web' }],
    })
    expect(addresses(mesh, 'shop/web')).toEqual(['198.18.0.1'])
  })

  it('that point at a pod of another namespace are not offered under its account', () => {
    const borrowed = {
      address: '198.18.9.9',
      ports: new Map([['', 80]]),
      ready: true,
      podUid: 'pod-bank-vault',
    }
    const mesh = snapshot(
      {
        services: [{ name: 'shop/web', selector: {} }],
        pods: [{ account: 'bank/vault' }],
        endpoints: { 'shop/web': [borrowed] },
      },
      { namespaces: ['shop', 'bank'] },
    )
    expect(addresses(mesh, 'shop/web')).toEqual([])
    expect([...mesh.views.keys()]).toEqual(['bank/vault|'])
  })

  it('put a pod behind a service that selects nothing', () => {
    const own = { address: '198.18.0.1', ports: new Map([['', 80]]), ready: true }
    const mesh = snapshot({
      services: [{ name: 'shop/web', selector: {} }],
      pods: [{ account: 'shop/web' }],
      endpoints: { 'shop/web': [{ ...own, podUid: 'pod-shop-web' }] },
    })
    expect([...mesh.views.keys()]).toEqual(['shop/web|shop/web'])
  })
})

describe('views', () => {
  it('are shared by pods of one account behind the same services', () => {
    const mesh = snapshot({
      services: [{ name: 'shop/web' }],
      pods: [
        { account: 'shop/web', name: 'a' },
        { account: 'shop/web', name: 'b' },
        { account: 'shop/web', name: 'canary', labels: { app: 'canary' } },
        { account: 'shop/web', name: 'seen', annotations: { 'prometheus.io/scrape': 'true' } },
        { account: 'shop/web', name: 'bare', proxyUid: null },
      ],
    })
    const seats = [...mesh.workloads].map(([uid, [workload]]) => [uid, workload?.view])
    expect(seats).toEqual([
      ['proxy-shop-a', 'shop/web|shop/web'],
      ['proxy-shop-b', 'shop/web|shop/web'],
      ['proxy-shop-canary', 'shop/web|'],
      ['proxy-shop-seen', 'shop/web|shop/web|metrics'],
    ])
    expect([...mesh.views.keys()]).toEqual([
      'shop/web|shop/web',
      'shop/web|',
      'shop/web|shop/web|metrics',
    ])
  })

  it('keep pods apart that claim the same proxy uid, so that none can take another`s place', () => {
    const proxyUid = '7d3f'
    const mesh = snapshot(
      {
        pods: [
          { account: 'shop/web', proxyUid },
          { account: 'bank/vault', proxyUid },
        ],
      },
      { namespaces: ['shop', 'bank'] },
    )
    expect(mesh.workloads.get(proxyUid)?.map(({ account }) => account)).toEqual([
      { namespace: 'bank', name: 'vault' },
      { namespace: 'shop', name: 'web' },
    ])
  })

  it('need every label that a selector asks for', () => {
    const mesh = snapshot({
      services: [{ name: 'shop/web', selector: { app: 'web', tier: 'front' } }],
      pods: [{ account: 'shop/web', labels: { app: 'web', tier: 'back' } }],
    })
    expect([...mesh.views.keys()]).toEqual(['shop/web|'])
  })
})

describe('TrafficSplits', () => {
  const backing = (names: readonly string[]): InventoryOptions => ({
    services: names.map((name) => ({ name: `shop/${name}` })),
    pods: [...names.map((name) => ({ account: `shop/${name}` })), { account: 'shop/client' }],
  })

  function rules(inventory: InventoryOptions, splits: IntentOptions['splits']): unknown {
    const mesh = snapshot(inventory, { mesh: { permissive: true }, splits: splits ?? [] })
    const [view] = [...mesh.views.values()]
    const root = view?.outbound.services.find(({ service: { key } }) => key === 'shop/root')
    return root?.ports[0]?.rules.map(({ matches, backends }) => [
      matches.map(({ pathRegex }) => pathRegex),
      Object.fromEntries(backends.map((backend) => [backend.service.name, backend.weight])),
    ])
  }

  it('share requests among backends; one that is not there leaves its part to the others', () => {
    const splits = [{ root: 'shop/root', backends: { a: 1, b: 3, missing: 6 } }]
    expect(rules(backing(['root', 'a', 'b']), splits)).toEqual([[[], { a: 1, b: 3 }]])
  })

  it('may name the root service itself (D10)', () => {
    const splits = [{ root: 'shop/root', backends: { a: 1, root: 1 } }]
    expect(rules(backing(['root', 'a']), splits)).toEqual([[[], { a: 1, root: 1 }]])
  })

  it('with matches come first, and other requests go to the root service (D13)', () => {
    const splits = [{ root: 'shop/root', backends: { a: 1 }, matches: [{ path: '/beta' }] }]
    expect(rules(backing(['root', 'a']), splits)).toEqual([
      [['/beta'], { a: 1 }],
      [[], { root: 100 }],
    ])
  })

  it('without matches govern what those with matches leave', () => {
    const splits = [
      { name: 'all', root: 'shop/root', backends: { b: 1 } },
      { name: 'beta', root: 'shop/root', backends: { a: 1 }, matches: [{ path: '/beta' }] },
    ]
    expect(rules(backing(['root', 'a', 'b']), splits)).toEqual([
      [['/beta'], { a: 1 }],
      [[], { b: 1 }],
    ])
  })

  it('make requests fail when no backend is there, and delivers those of a backend by the root`s name', () => {
    const mesh = (backends: Record<string, number>): RenderedMesh =>
      new RenderedMesh({
        intent: anIntent({
          namespaces: ['shop'],
          mesh: { permissive: true },
          splits: [{ root: 'shop/root', backends }],
        }),
        inventory: anInventory(backing(['root', 'a'])),
      })
    const call = { from: 'shop/client', to: 'shop/root' }
    expect([print(mesh({ missing: 1 }).call(call)), print(mesh({ a: 1 }).call(call))]).toEqual([
      ['503 by client'],
      ['delivered to a:14001'],
    ])
  })
})
