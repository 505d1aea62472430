/** Random policies for a small fixed mesh, as the files of a repository, and random requests to put to it. */
import fc from 'fast-check'

/** Each runs one pod; `store/v1` and `store/v2` answer for the service of their name, and both for `store/front`. */
export const MESH_ACCOUNTS = ['shop/buyer', 'shop/thief', 'store/v1', 'store/v2'] as const
export const MESH_SERVICES = {
  'store/v1': ['store/v1'],
  'store/v2': ['store/v2'],
  'store/front': ['store/v1', 'store/v2'],
} as const
export const MESH_PORTS = [
  { name: 'http-web', port: 80, targetPort: 8080 },
  { name: 'http-admin', port: 81, targetPort: 9901 },
  { name: 'tcp-sql', port: 3306, targetPort: 13306 },
] as const

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

const aMatch = fc.record(
  {
    pathRegex: fc.constantFrom(
      ...[
        '.*',
        '/',
        '/books',
        '/books(/\\d+)?',
        '/books/.*',
        '/[^/]+',
        '/(?i:admin).*',
        '/.*(s|n)',
      ],
    ),
    methods: fc.uniqueArray(fc.constantFrom(...METHODS), { minLength: 1, maxLength: 3 }),
    headers: fc.constantFrom<Readonly<Record<string, string>>>(
      ...[{ team: 'blue|green' }, { team: '.*' }, { team: 'blue', role: 'r.+' }],
      ...[{ host: 'v1\\..*' }, { host: '[^:]*' }, { host: 'front\\.store:81' }],
    ),
  },
  { requiredKeys: ['pathRegex'] },
)

const aGrant = fc.record(
  {
    to: fc.constantFrom('v1', 'v2'),
    from: fc.uniqueArray(fc.constantFrom(...MESH_ACCOUNTS), { maxLength: 2 }),
    matches: fc.array(aMatch, { minLength: 1, maxLength: 3 }),
    tcp: fc.constantFrom<readonly number[]>([13306], [8080], []),
    port: fc.constantFrom(8080, 9901, 13306),
  },
  { requiredKeys: ['to', 'from', 'matches'] },
)

const aPolicy = fc.record({
  permissive: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  storeAccess: fc.oneof(
    { weight: 3, arbitrary: fc.constant('inherit') },
    fc.constantFrom('strict', 'permissive'),
  ),
  grants: fc.array(aGrant, { minLength: 1, maxLength: 7 }),
})
type Policy = typeof aPolicy extends fc.Arbitrary<infer T> ? T : never
type RandomGrant = typeof aGrant extends fc.Arbitrary<infer T> ? T : never

const aRequest = fc.record({
  from: fc.constantFrom(...MESH_ACCOUNTS),
  to: fc.constantFrom('store/v1', 'store/v2', 'store/front'),
  port: fc.constantFrom(...MESH_PORTS),
  method: fc.constantFrom(...METHODS),
  path: fc.constantFrom(
    ...[
      '/',
      '/books',
      '/books?a=b',
      '/books/7',
      '/books/x',
      '/ADMIN',
      '/admin/users',
      '/new',
      '/a/b',
    ],
    ...['//books', '/books/', '/a//b'],
  ),
  headers: fc.constantFrom<Readonly<Record<string, string>>>(
    ...[{}, { team: 'blue' }, { team: 'green' }, { team: 'blue', role: 'root' }],
  ),
})
export type RandomRequest = typeof aRequest extends fc.Arbitrary<infer T> ? T : never

export interface RandomPolicy {
  /** The text of the one policy file. */
  readonly text: string
  readonly requests: readonly RandomRequest[]
}

/** The same for the same seed. */
export function randomPolicies(options: {
  readonly seed: number
  readonly policies: number
  readonly requests: number
}): readonly RandomPolicy[] {
  const { seed, policies, requests } = options
  const one = fc.record({
    policy: aPolicy,
    requests: fc.array(aRequest, { minLength: requests, maxLength: requests }),
  })
  return fc
    .sample(one, { seed, numRuns: policies })
    .map((sampled) => ({ text: toText(sampled.policy), requests: sampled.requests }))
}

/** JSON is YAML. */
function toText(policy: Policy): string {
  const documents = [
    ...['shop', 'store'].map(namespace),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'plumbline-system' } },
    {
      apiVersion: 'config.openservicemesh.io/v1alpha2',
      kind: 'MeshConfig',
      metadata: { name: 'osm-mesh-config', namespace: 'plumbline-system' },
      spec: { traffic: { enablePermissiveTrafficPolicyMode: policy.permissive } },
    },
    {
      apiVersion: 'plumbline.dev/v1alpha1',
      kind: 'MeshPolicy',
      metadata: { name: 'mesh', namespace: 'store' },
      spec: { access: policy.storeAccess },
    },
    ...policy.grants.flatMap(grantDocuments),
  ]
  return documents.map((document) => JSON.stringify(document, undefined, 1)).join('\n---\n')
}

function namespace(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { 'openservicemesh.io/monitored-by': 'plumbline' },
      annotations: { 'openservicemesh.io/sidecar-injection': 'enabled' },
    },
  }
}

function grantDocuments(grant: RandomGrant, index: number): readonly object[] {
  const metadata = { name: `grant-${index}`, namespace: 'store' }
  const routes = grant.matches.map((match, at) => ({ name: `match-${at}`, ...match }))
  const account = (key: string) => {
    const [inNamespace, name] = key.split('/')
    return { kind: 'ServiceAccount', name, namespace: inNamespace }
  }
  return [
    {
      apiVersion: 'specs.smi-spec.io/v1alpha4',
      kind: 'HTTPRouteGroup',
      metadata,
      spec: { matches: routes },
    },
    ...(grant.tcp === undefined
      ? []
      : [
          {
            apiVersion: 'specs.smi-spec.io/v1alpha4',
            kind: 'TCPRoute',
            metadata,
            spec: { matches: { ports: grant.tcp } },
          },
        ]),
    {
      // The version in the wild whose destinations can name a port (D22).
      apiVersion: 'access.smi-spec.io/v1alpha2',
      kind: 'TrafficTarget',
      metadata,
      spec: {
        destination: {
          ...account(`store/${grant.to}`),
          ...(grant.port !== undefined && { port: grant.port }),
        },
        rules: [
          { kind: 'HTTPRouteGroup', name: metadata.name, matches: routes.map(({ name }) => name) },
          ...(grant.tcp === undefined ? [] : [{ kind: 'TCPRoute', name: metadata.name }]),
        ],
        sources: grant.from.map(account),
      },
    },
  ]
}
