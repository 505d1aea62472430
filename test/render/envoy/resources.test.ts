/** Resources as Envoy's documentation writes them, one concern at a time. Whole files are in test/golden/envoy. */
import { describe, expect, it } from 'vitest'
import { toJsonObjects } from '../../../src/render/envoy/to-static-config.ts'
import { anIntent, type IntentOptions } from '../../support/intent-builders.ts'
import { anInventory, type InventoryOptions } from '../../support/inventory-builders.ts'
import { RenderedMesh } from '../../support/rendered-mesh.ts'

interface Json {
  readonly [name: string]: Json
}

function shop(intent: IntentOptions, inventory: InventoryOptions = {}): RenderedMesh {
  return new RenderedMesh({
    intent: anIntent({ namespaces: ['shop', 'client'], ...intent }),
    inventory: anInventory({
      services: [{ name: 'shop/db', clusterIps: ['198.19.0.1'] }],
      pods: [
        { account: 'client/web', ip: '198.18.0.1' },
        { account: 'shop/db', ip: '198.18.0.2' },
        { account: 'shop/near', ip: '198.18.0.3' },
      ],
      ...inventory,
    }),
  })
}

const READ = {
  group: 'shop/routes',
  name: 'read',
  path: '/read',
  methods: ['GET', 'HEAD'],
} as const
const GRANT = { to: 'shop/db', from: ['client/web', 'shop/near'], http: [READ] } as const

function only(resources: readonly unknown[], name: string): Json {
  const found = resources.find((one) => (one as { name?: unknown }).name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found as Json
}

function domainsFor(mesh: RenderedMesh, account: string): readonly unknown[] {
  const routes = mesh.json(account, 'route') as readonly { virtual_hosts: { domains: unknown }[] }[]
  return routes.flatMap((one) => one.virtual_hosts.map((host) => host.domains))
}

describe('virtual hosts on the way out', () => {
  const long = [
    'db.shop',
    'db.shop:14001',
    'db.shop.svc',
    'db.shop.svc:14001',
    'db.shop.svc.cluster',
    'db.shop.svc.cluster:14001',
    'db.shop.svc.cluster.local',
    'db.shop.svc.cluster.local:14001',
  ]

  it('have every form of the name, and the short one for clients of the same namespace only', () => {
    const mesh = shop({ grants: [GRANT] })
    expect([domainsFor(mesh, 'client/web'), domainsFor(mesh, 'shop/near')]).toEqual([
      [long],
      [['db', 'db:14001', ...long]],
    ])
  })

  it('never claim one authority twice, and mean by it what name resolution means', () => {
    const mesh = shop(
      {
        namespaces: ['b', 'client'],
        mesh: { permissive: true },
      },
      {
        services: [
          { name: 'b/a', clusterIps: ['198.19.0.1'] },
          { name: 'client/b', clusterIps: [], selector: { app: 'web' } },
        ],
        pods: [{ account: 'client/web', hostname: 'a', ip: '198.18.0.1' }],
      },
    )
    const routes = only(mesh.json('client/web', 'route'), 'rds-outbound.14001')
    const hosts = routes['virtual_hosts'] as unknown as readonly {
      name: string
      domains: string[]
    }[]
    const claims = hosts.flatMap(({ domains }) => domains)
    const owner = hosts.filter(({ domains }) => domains.includes('a.b')).map(({ name }) => name)
    expect(new Set(claims).size).toBe(claims.length)
    expect(owner).toEqual(['outbound_virtual-host|a.b.client.svc.cluster.local'])
  })

  it('route every request by weight, sorted by cluster, without a time limit', () => {
    const mesh = shop(
      {
        grants: [{ ...GRANT, to: 'shop/both' }],
        splits: [{ root: 'shop/db', backends: { z: 1, db: 9 } }],
      },
      {
        services: [{ name: 'shop/db' }, { name: 'shop/z' }],
        pods: [
          { account: 'client/web' },
          { account: 'shop/both', name: 'one', labels: { app: 'db' } },
          { account: 'shop/both', name: 'two', labels: { app: 'z' } },
        ],
      },
    )
    expect(mesh.json('client/web', 'route')).toMatchObject([
      {
        name: 'rds-outbound.14001',
        validate_clusters: false,
        virtual_hosts: [
          {
            name: 'outbound_virtual-host|db.shop.svc.cluster.local',
            routes: [
              {
                match: {
                  safe_regex: { regex: '.*' },
                  headers: [{ name: ':method', string_match: { safe_regex: { regex: '.*' } } }],
                },
                route: {
                  timeout: '0s',
                  weighted_clusters: {
                    clusters: [
                      { name: 'shop/db|14001', weight: 9 },
                      { name: 'shop/z|14001', weight: 1 },
                    ],
                  },
                },
              },
            ],
          },
          { name: 'outbound_virtual-host|z.shop.svc.cluster.local' },
        ],
      },
    ])
  })
})

describe('requests on the way in', () => {
  it('match one route for each method, and meet the RBAC of all rules', () => {
    const other = {
      ...GRANT,
      name: 'other',
      from: ['client/web'],
      http: [{ name: 'any' }],
    } as const
    const mesh = shop({ grants: [GRANT, other] })
    const principal = (account: string): unknown => ({
      authenticated: { principal_name: { exact: `spiffe://cluster.local/ns/${account}` } },
    })
    const route = (path: string, method: string): unknown => ({
      match: {
        safe_regex: { regex: path },
        headers: [{ name: ':method', string_match: { safe_regex: { regex: method } } }],
      },
      route: {
        timeout: '0s',
        weighted_clusters: { clusters: [{ name: 'shop/db|14001|local', weight: 100 }] },
      },
    })
    const [host] = only(mesh.json('shop/db', 'route'), 'rds-inbound.14001')[
      'virtual_hosts'
    ] as unknown as readonly Json[]
    expect(host).toMatchObject({
      name: 'inbound_virtual-host|db.shop.svc.cluster.local',
      routes: [route('/read', 'GET'), route('/read', 'HEAD'), route('.*', '.*')],
    })
    expect(host?.['typed_per_filter_config']).toEqual({
      'envoy.filters.http.rbac': {
        '@type': 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute',
        rbac: {
          rules: {
            policies: {
              'shop/routes/any': {
                permissions: [
                  {
                    and_rules: { rules: [{ url_path: { path: { safe_regex: { regex: '.*' } } } }] },
                  },
                ],
                principals: [principal('client/sa/web')],
              },
              'shop/routes/read': {
                permissions: [
                  {
                    and_rules: {
                      rules: [
                        { url_path: { path: { safe_regex: { regex: '/read' } } } },
                        {
                          header: {
                            name: ':method',
                            string_match: { safe_regex: { regex: 'GET|HEAD' } },
                          },
                        },
                      ],
                    },
                  },
                ],
                principals: [principal('client/sa/web'), principal('shop/sa/near')],
              },
            },
          },
        },
      },
    })
  })

  it('are denied by rules that are set and empty when no grant names anybody (D16)', () => {
    const mesh = shop({ grants: [{ ...GRANT, from: [] }] })
    const [host] = only(mesh.json('shop/db', 'route'), 'rds-inbound.14001')[
      'virtual_hosts'
    ] as unknown as readonly Json[]
    expect(host?.['typed_per_filter_config']?.['envoy.filters.http.rbac']?.['rbac']).toEqual({
      rules: {},
    })
    expect(host?.['routes']).toHaveLength(2)
  })

  it('come through chains by target port, name, TLS and ALPN, and no other', () => {
    const mesh = shop({ grants: [GRANT] })
    const listener = only(mesh.json('shop/db', 'listener'), 'inbound-listener')
    expect(listener['default_filter_chain']).toBeUndefined()
    expect(listener).toMatchObject({
      address: { socket_address: { address: '0.0.0.0', port_value: 15003 } },
      traffic_direction: 'INBOUND',
      listener_filters: [{ name: 'tls_inspector' }, { name: 'original_dst' }],
      filter_chains: [
        {
          name: 'inbound_shop/db_14001_http',
          filter_chain_match: {
            destination_port: 14_001,
            server_names: ['db.shop.svc.cluster.local'],
            transport_protocol: 'tls',
            application_protocols: ['osm'],
          },
          filters: [
            {
              name: 'l4_rbac',
              typed_config: {
                stat_prefix: 'network-',
                rules: { policies: { 'shop/db': { permissions: [{ any: true }] } } },
              },
            },
            {
              name: 'http_connection_manager',
              typed_config: {
                stat_prefix: 'mesh-http-conn-manager.rds-inbound.14001',
                rds: { route_config_name: 'rds-inbound.14001' },
                normalize_path: true,
                merge_slashes: true,
                path_with_escaped_slashes_action: 'REJECT_REQUEST',
                http_filters: [{ name: 'envoy.filters.http.rbac' }, { name: 'http_router' }],
              },
            },
          ],
        },
      ],
    })
  })
})

describe('mutual TLS', () => {
  it('has the client name the service, say osm, present its own leaf and check the accounts behind', () => {
    const mesh = shop({ grants: [GRANT] })
    expect(only(mesh.json('client/web', 'cluster'), 'shop/db|14001')).toMatchObject({
      type: 'EDS',
      eds_cluster_config: { eds_config: { ads: {}, resource_api_version: 'V3' } },
      transport_socket: {
        typed_config: {
          sni: 'db.shop.svc.cluster.local',
          common_tls_context: {
            tls_params: {
              tls_minimum_protocol_version: 'TLSv1_2',
              tls_maximum_protocol_version: 'TLSv1_3',
            },
            alpn_protocols: ['osm'],
            tls_certificate_sds_secret_configs: [{ name: 'service-cert:client/web' }],
            validation_context_sds_secret_config: { name: 'root-cert-for-mtls-outbound:shop/db' },
          },
        },
      },
    })
  })

  it('takes its parameters from the MeshConfig', () => {
    const mesh = shop({
      grants: [GRANT],
      mesh: {
        tlsMinimum: 'TLSv1_3',
        cipherSuites: ['ECDHE-ECDSA-AES128-GCM-SHA256'],
        ecdhCurves: ['P-256'],
      },
    })
    const params = {
      tls_minimum_protocol_version: 'TLSv1_3',
      tls_maximum_protocol_version: 'TLSv1_3',
      cipher_suites: ['ECDHE-ECDSA-AES128-GCM-SHA256'],
      ecdh_curves: ['P-256'],
    }
    const context = { typed_config: { common_tls_context: { tls_params: params } } }
    expect(only(mesh.json('client/web', 'cluster'), 'shop/db|14001')).toMatchObject({
      transport_socket: context,
    })
    expect(only(mesh.json('shop/db', 'listener'), 'inbound-listener')).toMatchObject({
      filter_chains: [{ transport_socket: context }],
    })
  })

  it('accepts nobody for a service that nobody answers for: an empty list would accept everybody', () => {
    const mesh = shop(
      { mesh: { permissive: true } },
      { services: [{ name: 'shop/empty' }], pods: [{ account: 'client/web' }] },
    )
    expect(mesh.json('client/web', 'endpoint')).toEqual([{ cluster_name: 'shop/empty|14001' }])
    expect(mesh.json('client/web', 'secret')).toMatchObject([
      {
        validation_context: {
          match_typed_subject_alt_names: [
            { san_type: 'URI', matcher: { exact: 'spiffe://cluster.local/nobody' } },
          ],
        },
      },
    ])
  })

  it('gives a server roots alone, because RBAC says who may call', () => {
    const mesh = shop({ grants: [GRANT] })
    const secret = only(mesh.json('shop/db', 'secret'), 'root-cert-for-mtls-inbound:shop/db')
    expect(Object.keys(secret['validation_context'] ?? {})).toEqual(['trusted_ca'])
  })
})

describe('clusters', () => {
  it('of one service are the same for every client but for the name of its certificate', () => {
    const mesh = shop({ grants: [{ ...GRANT, from: ['client/web', 'shop/near', 'shop/db'] }] })
    const named = (account: string): string =>
      JSON.stringify(only(mesh.json(account, 'cluster'), 'shop/db|14001'))
    const [web, near, self] = ['client/web', 'shop/near', 'shop/db'].map(named)
    expect(near).toBe(web?.replace('service-cert:client/web', 'service-cert:shop/near'))
    expect(self).toBe(web?.replace('service-cert:client/web', 'service-cert:shop/db'))
  })

  it('deliver to the container on the loopback address', () => {
    const mesh = shop({ grants: [GRANT] })
    expect(only(mesh.json('shop/db', 'cluster'), 'shop/db|14001|local')).toMatchObject({
      type: 'STRICT_DNS',
      load_assignment: {
        endpoints: [
          {
            lb_endpoints: [
              {
                endpoint: {
                  address: { socket_address: { address: '127.0.0.1', port_value: 14_001 } },
                },
              },
            ],
          },
        ],
      },
    })
  })
})

describe('TCP ports', () => {
  const services = [{ name: 'shop/db', ports: [{ port: 3306, name: 'tcp-mysql' }] }]
  const grants = [{ to: 'shop/db', from: ['client/web'], tcp: 'any' }] as const

  it('are proxied as they are, by the weights of a TrafficSplit without those of 0', () => {
    const split = { root: 'shop/db', backends: { db: 1, spare: 0 } }
    const mesh = shop(
      { grants, splits: [split] },
      {
        services: [...services, { name: 'shop/spare', ports: [{ port: 3306, name: 'tcp-mysql' }] }],
      },
    )
    expect(only(mesh.json('client/web', 'listener'), 'outbound-listener')).toMatchObject({
      filter_chains: [
        {
          name: 'outbound_shop/db_3306_tcp',
          filters: [{ name: 'tcp_proxy', typed_config: { cluster: 'shop/db|3306' } }],
        },
      ],
    })
  })

  it('are judged by connection at the server', () => {
    const mesh = shop({ grants }, { services })
    expect(only(mesh.json('shop/db', 'listener'), 'inbound-listener')).toMatchObject({
      filter_chains: [
        {
          filters: [
            {
              name: 'l4_rbac',
              typed_config: {
                rules: { policies: { 'shop/db': { permissions: [{ destination_port: 3306 }] } } },
              },
            },
            { name: 'tcp_proxy', typed_config: { cluster: 'shop/db|3306|local' } },
          ],
        },
      ],
    })
  })
})

describe('headless services', () => {
  it('that share pods do not claim one address and port twice', () => {
    const mesh = shop(
      { mesh: { permissive: true } },
      {
        services: [
          { name: 'shop/a', clusterIps: [], selector: { app: 'db' } },
          { name: 'shop/b', clusterIps: [], selector: { app: 'db' } },
        ],
        pods: [{ account: 'client/web' }, { account: 'shop/db', ip: '198.18.0.2' }],
      },
    )
    expect(
      only(mesh.json('client/web', 'listener'), 'outbound-listener')['filter_chains'],
    ).toMatchObject([{ name: 'outbound_shop/a_14001_http' }])
    expect(domainsFor(mesh, 'client/web').flat()).toContain('b.shop')
  })
})

describe('metrics', () => {
  it('are served to a scraped pod`s scraper: the statistics, in full path, and nothing else', () => {
    const mesh = shop(
      {},
      { pods: [{ account: 'client/web', annotations: { 'prometheus.io/scrape': 'true' } }] },
    )
    const { listener, cluster } = mesh.resources('client/web')
    expect([...cluster.keys()]).toEqual(['envoy-metrics-cluster'])
    expect(toJsonObjects('listener', listener.values())).toMatchObject([
      {
        name: 'inbound-prometheus-listener',
        address: { socket_address: { port_value: 15_010 } },
        filter_chains: [
          {
            filters: [
              {
                typed_config: {
                  route_config: {
                    virtual_hosts: [{ routes: [{ match: { path: '/stats/prometheus' } }] }],
                  },
                },
              },
            ],
          },
        ],
      },
    ])
  })
})

describe('origins', () => {
  it('name the lines that made a resource, for the report of a NACK', () => {
    const mesh = shop({ grants: [GRANT] })
    const origins = [...mesh.resources('shop/db').listener.values()].flatMap((one) => one.origins)
    expect(new Set(origins.map(({ file }) => file))).toEqual(new Set(['shop/db.yaml']))
  })
})
