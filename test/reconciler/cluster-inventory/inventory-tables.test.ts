/** What the mesh sees of Services, EndpointSlices and Pods, and what stays the same object when others change. */
import { describe, expect, it } from 'vitest'
import type { InventoryEndpoint } from '../../../src/model/cluster-inventory.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import type { ServiceKey } from '../../../src/model/service-name.ts'
import { InventoryTables } from '../../../src/reconciler/cluster-inventory/inventory-tables.ts'

const BOOKSTORE = 'bookstore/bookstore' as ServiceKey

function aService(spec: object, name = 'bookstore'): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'bookstore', name, uid: name },
    spec,
  }
}

function aPod(
  name: string,
  change: { readonly spec?: object; readonly status?: object; readonly uid?: string } = {},
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'bookstore',
      name,
      uid: change.uid ?? `uid-${name}`,
      labels: { app: 'bookstore', 'osm-proxy-uuid': 'p1' },
    },
    spec: change.spec ?? { serviceAccountName: 'bookstore' },
    status: change.status ?? { phase: 'Running', podIP: '198.18.0.2' },
  }
}

function aSlice(name: string, addresses: readonly string[], change: object = {}): KubernetesObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'bookstore',
      name,
      uid: name,
      labels: { 'kubernetes.io/service-name': 'bookstore' },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 14_001, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({
      addresses: [address],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', uid: `uid-${address}` },
    })),
    ...change,
  }
}

function anEndpoint(address: string, change: Partial<InventoryEndpoint> = {}): InventoryEndpoint {
  return {
    address,
    ports: new Map([['http', 14_001]]),
    ready: true,
    podUid: `uid-${address}`,
    ...change,
  }
}

describe('a Service', () => {
  const rows: Record<string, readonly [object, object | undefined]> = {
    'has its ports with their defaults': [
      { clusterIP: '198.19.0.1', ports: [{ port: 80 }], selector: { app: 'a' } },
      {
        clusterIps: ['198.19.0.1'],
        ports: [{ name: '', port: 80, targetPort: 80, protocol: 'TCP' }],
        selector: { app: 'a' },
      },
    ],
    'has named ports, protocols and both address families': [
      {
        clusterIPs: ['198.19.0.1', 'fd00::1'],
        ports: [
          { name: 'grpc', port: 1, targetPort: 'grpc', protocol: 'UDP', appProtocol: 'grpc' },
        ],
      },
      {
        clusterIps: ['198.19.0.1', 'fd00::1'],
        ports: [
          { name: 'grpc', port: 1, targetPort: 'grpc', protocol: 'UDP', appProtocol: 'grpc' },
        ],
        selector: {},
      },
    ],
    'has no address when it is headless': [
      { clusterIP: 'None', clusterIPs: ['None'], ports: [] },
      { clusterIps: [], ports: [], selector: {} },
    ],
    'is no service of the mesh when it is an ExternalName': [
      { type: 'ExternalName', externalName: 'a.example' },
      undefined,
    ],
    'is read as far as it makes sense': [
      { clusterIP: 7, ports: [null, 'x', { port: 'x' }, { port: 1 }], selector: { app: 3 } },
      {
        clusterIps: [],
        ports: [{ name: '', port: 1, targetPort: 1, protocol: 'TCP' }],
        selector: {},
      },
    ],
  }
  it.each(Object.entries(rows))('%s', (_name, [spec, expected]) => {
    const tables = new InventoryTables()
    tables.put('Service', aService(spec))
    expect(tables.snapshot().services.get(BOOKSTORE)).toEqual(
      expected && { name: { namespace: 'bookstore', name: 'bookstore' }, ...expected },
    )
  })
})

describe('a Pod', () => {
  it('has its account, address and proxy', () => {
    const tables = new InventoryTables()
    tables.put('Pod', aPod('a'))
    expect(tables.snapshot().pods.get('uid-a')).toEqual({
      uid: 'uid-a',
      namespace: 'bookstore',
      name: 'a',
      ip: '198.18.0.2',
      account: { namespace: 'bookstore', name: 'bookstore' },
      labels: { app: 'bookstore', 'osm-proxy-uuid': 'p1' },
      annotations: {},
      proxyUid: 'p1',
    })
  })

  it('is of the default account when it names none, and has no address before it is given one', () => {
    const tables = new InventoryTables()
    tables.put('Pod', aPod('a', { spec: {}, status: {} }))
    const pod = tables.snapshot().pods.get('uid-a')
    expect([pod?.account.name, pod?.ip]).toEqual(['default', undefined])
  })

  it.each(['Succeeded', 'Failed'])(
    "is gone when it is %s: its address may be another pod's",
    (phase) => {
      const tables = new InventoryTables()
      tables.put('Pod', aPod('a'))
      tables.put('Pod', aPod('a', { status: { phase, podIP: '198.18.0.2' } }))
      expect(tables.snapshot().pods.size).toBe(0)
    },
  )

  it('gives way to a successor of its name whose coming nobody saw', () => {
    const tables = new InventoryTables()
    tables.put('Pod', aPod('a', { uid: 'first' }))
    tables.put('Pod', aPod('a', { uid: 'second' }))
    expect([...tables.snapshot().pods.keys()]).toEqual(['second'])
  })
})

describe('the endpoints of a service', () => {
  it('come from all its slices, sorted by address', () => {
    const tables = new InventoryTables()
    tables.put('EndpointSlice', aSlice('s1', ['198.18.0.9', '198.18.0.2']))
    tables.put('EndpointSlice', aSlice('s2', ['198.18.0.5']))
    expect(tables.snapshot().endpoints.get(BOOKSTORE)).toEqual(
      ['198.18.0.2', '198.18.0.5', '198.18.0.9'].map((address) => anEndpoint(address)),
    )
  })

  it('are ready unless they say they are not', () => {
    const endpoints = [
      { addresses: ['a'] },
      { addresses: ['b'], conditions: { ready: false } },
      { addresses: ['c'], hostname: 'c-0' },
    ]
    const tables = new InventoryTables()
    tables.put('EndpointSlice', aSlice('s', [], { endpoints }))
    expect(tables.snapshot().endpoints.get(BOOKSTORE)).toMatchObject([
      { ready: true },
      { ready: false },
      { hostname: 'c-0' },
    ])
  })

  it('join an address that is in two slices', () => {
    const tables = new InventoryTables()
    tables.put('EndpointSlice', aSlice('s1', ['198.18.0.2']))
    tables.put(
      'EndpointSlice',
      aSlice('s2', ['198.18.0.2'], { ports: [{ name: 'admin', port: 15 }] }),
    )
    expect(tables.snapshot().endpoints.get(BOOKSTORE)).toEqual([
      anEndpoint('198.18.0.2', {
        ports: new Map([
          ['http', 14_001],
          ['admin', 15],
        ]),
      }),
    ])
  })

  it('go with their slices, and move when a slice does', () => {
    const tables = new InventoryTables()
    tables.put('EndpointSlice', aSlice('s1', ['198.18.0.2']))
    const moved = aSlice('s1', ['198.18.0.2'])
    tables.put('EndpointSlice', {
      ...moved,
      metadata: { ...moved.metadata, labels: { 'kubernetes.io/service-name': 'other' } },
    })
    expect([...tables.snapshot().endpoints.keys()]).toEqual(['bookstore/other'])
    tables.remove('EndpointSlice', moved)
    expect(tables.snapshot().endpoints.size).toBe(0)
  })

  it('leave out names, odd addresses and slices of no service', () => {
    const tables = new InventoryTables()
    tables.put('EndpointSlice', aSlice('s1', ['a.example'], { addressType: 'FQDN' }))
    tables.put(
      'EndpointSlice',
      aSlice('s2', [], { endpoints: [null, { addresses: [] }, { addresses: [3] }] }),
    )
    const orphan = aSlice('s3', ['198.18.0.2'])
    tables.put('EndpointSlice', { ...orphan, metadata: { ...orphan.metadata, labels: {} } })
    expect(tables.snapshot().endpoints).toEqual(new Map([[BOOKSTORE, []]]))
  })
})

describe('sharing', () => {
  it('is the same inventory when an object changes in what the mesh does not see', () => {
    const tables = new InventoryTables()
    tables.put('Pod', aPod('a'))
    tables.put('EndpointSlice', aSlice('s', ['198.18.0.2']))
    const before = tables.snapshot()
    tables.put(
      'Pod',
      aPod('a', { status: { phase: 'Running', podIP: '198.18.0.2', conditions: [1] } }),
    )
    tables.put('EndpointSlice', aSlice('s', ['198.18.0.2']))
    expect(tables.snapshot()).toBe(before)
  })

  it('keeps the maps of other kinds, and the endpoints that are as before', () => {
    const tables = new InventoryTables()
    tables.put('Namespace', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'bookstore' },
    })
    tables.put('Pod', aPod('a'))
    tables.put('EndpointSlice', aSlice('s', ['198.18.0.2', '198.18.0.3']))
    const before = tables.snapshot()
    tables.put('EndpointSlice', aSlice('s', ['198.18.0.2', '198.18.0.4']))
    const after = tables.snapshot()
    expect(after.pods).toBe(before.pods)
    expect(after.namespaces).toBe(before.namespaces)
    expect(after.endpoints.get(BOOKSTORE)?.[0]).toBe(before.endpoints.get(BOOKSTORE)?.[0])
    expect(before.endpoints.get(BOOKSTORE)).toHaveLength(2)
    expect(before.endpoints.get(BOOKSTORE)?.[1]).toEqual(anEndpoint('198.18.0.3'))
  })
})
