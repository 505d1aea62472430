/** Intents for tests, with defaults: a test states only what it is about. */
import { toCommitSha } from '../../src/model/commit-sha.ts'
import { type ObjectKey, toObjectKey } from '../../src/model/object-id.ts'
import type { ServiceAccount } from '../../src/model/service-account.ts'
import { type ServiceName, toServiceKey } from '../../src/model/service-name.ts'
import type { SourceLocation } from '../../src/model/source-location.ts'
import type { Grant } from '../../src/policy/intent/grant.ts'
import type { HttpMatch, HttpMethod } from '../../src/policy/intent/http-match.ts'
import type { MeshPolicyIntent } from '../../src/policy/intent/mesh-policy-intent.ts'
import type { MeshSettings } from '../../src/policy/intent/mesh-settings.ts'
import type { NamespaceEnrollment } from '../../src/policy/intent/namespace-enrollment.ts'
import type { TrafficSplitIntent } from '../../src/policy/intent/traffic-split-intent.ts'
import type { Intent } from '../../src/policy/intent.ts'

export function anAccount(text: string): ServiceAccount {
  const [namespace = '', name = ''] = text.split('/')
  return { namespace, name }
}

/** `namespace/name`. */
export function aServiceName(text: string): ServiceName {
  return anAccount(text)
}

export function aLocation(file: string, line = 1): SourceLocation {
  return { file, line, column: 1 }
}

export function meshSettings(change: Partial<MeshSettings> = {}): MeshSettings {
  return {
    permissive: false,
    egressPassthrough: false,
    certificateValidityMs: 86_400_000,
    tlsMinimum: 'TLSv1_2',
    tlsMaximum: 'TLSv1_3',
    cipherSuites: [],
    ecdhCurves: [],
    envoyLogLevel: 'error',
    outboundIpRangeExclusions: [],
    outboundIpRangeInclusions: [],
    outboundPortExclusions: [],
    inboundPortExclusions: [],
    ...change,
  }
}

export function anEnrollment(
  name: string,
  change: Partial<NamespaceEnrollment> = {},
): NamespaceEnrollment {
  return {
    name,
    enrolled: true,
    meshName: 'plumbline',
    sidecarInjection: 'enabled',
    metrics: false,
    location: aLocation(`${name}/namespace.yaml`),
    ...change,
  }
}

export interface MatchOptions {
  /** The HTTPRouteGroup as `namespace/name`. */
  readonly group?: string
  readonly name?: string
  readonly path?: string
  readonly methods?: '*' | readonly HttpMethod[]
  readonly headers?: Readonly<Record<string, string>>
}

export function aMatch(options: MatchOptions = {}): HttpMatch {
  const { group = 'shop/routes', name = 'any', path = '.*', methods = '*', headers = {} } = options
  return {
    group: {
      group: 'specs.smi-spec.io',
      version: 'v1alpha4',
      kind: 'HTTPRouteGroup',
      ...anAccount(group),
    },
    name,
    pathRegex: path,
    methods: methods === '*' ? '*' : [...methods].sort(),
    headers: Object.entries(headers)
      .map(([header, valueRegex]) => ({ name: header, valueRegex }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    location: aLocation(`${group}.yaml`),
  }
}

export interface GrantOptions {
  readonly name?: string
  readonly to: string
  readonly from?: readonly string[]
  readonly http?: readonly MatchOptions[]
  /** Target ports of one TCPRoute; `any` for a TCPRoute without ports. */
  readonly tcp?: 'any' | readonly number[]
  readonly port?: number
}

export function aGrant(options: GrantOptions): Grant {
  const { to, from = [], http = [], tcp, port } = options
  const destination = anAccount(to)
  const { namespace } = destination
  const name = options.name ?? destination.name
  const location = aLocation(`${namespace}/${name}.yaml`)
  const route = {
    group: 'specs.smi-spec.io',
    version: 'v1alpha4',
    kind: 'TCPRoute',
    namespace,
    name,
  }
  return {
    id: {
      group: 'access.smi-spec.io',
      version: 'v1alpha3',
      kind: 'TrafficTarget',
      namespace,
      name,
    },
    location,
    destination,
    ...(port !== undefined && { port }),
    sources: from.map((source) => ({ account: anAccount(source), location })),
    http: http.map((match) => ({ match: aMatch(match), location })),
    tcp: tcp === undefined ? [] : [{ route, ports: tcp, location }],
  }
}

export interface SplitOptions {
  readonly name?: string
  /** The root service as `namespace/name`. */
  readonly root: string
  /** Weights by backend, in the root's namespace. */
  readonly backends: Readonly<Record<string, number>>
  readonly matches?: readonly MatchOptions[]
}

export function aSplit({ root, backends, matches = [], name }: SplitOptions): TrafficSplitIntent {
  const service = aServiceName(root)
  const { namespace } = service
  const id = { group: 'split.smi-spec.io', version: 'v1alpha4', kind: 'TrafficSplit', namespace }
  const location = aLocation(`${namespace}/split.yaml`)
  return {
    id: { ...id, name: name ?? service.name },
    location,
    root: service,
    backends: Object.entries(backends).map(([backend, weight]) => ({
      service: { namespace, name: backend },
      weight,
      location,
    })),
    matches: matches.map(aMatch),
  }
}

export interface IntentOptions {
  readonly commit?: string
  readonly mesh?: Partial<MeshSettings>
  /** Enrolled namespaces, or enrollments that say otherwise. */
  readonly namespaces?: readonly (string | NamespaceEnrollment)[]
  readonly grants?: readonly GrantOptions[]
  readonly splits?: readonly SplitOptions[]
  /** `access` and `egress` by namespace. */
  readonly meshPolicies?: Readonly<
    Record<string, Partial<Pick<MeshPolicyIntent, 'access' | 'egress'>>>
  >
}

/** Every call makes new objects, as compiling a commit anew does. */
export function anIntent(options: IntentOptions = {}): Intent {
  const { namespaces = [], grants = [], splits = [], meshPolicies = {} } = options
  const enrollments = namespaces.map((one) => (typeof one === 'string' ? anEnrollment(one) : one))
  return {
    commit: toCommitSha((options.commit ?? 'c').padEnd(40, '0')),
    mesh: meshSettings(options.mesh),
    namespaces: new Map(enrollments.map((one) => [one.name, one])),
    grants: byKey(grants.map(aGrant)),
    splits: Map.groupBy(splits.map(aSplit), (split) => toServiceKey(split.root)),
    egress: new Map(),
    ingress: new Map(),
    upstreamSettings: new Map(),
    retries: new Map(),
    telemetries: new Map(),
    extensionServices: new Map(),
    rootCertificates: new Map(),
    meshPolicies: byKey(Object.entries(meshPolicies).map(aMeshPolicy)),
    policyTests: new Map(),
    objects: [],
  }
}

function aMeshPolicy([namespace, change]: readonly [
  string,
  Partial<Pick<MeshPolicyIntent, 'access' | 'egress'>>,
]): MeshPolicyIntent {
  const id = {
    group: 'plumbline.dev',
    version: 'v1alpha1',
    kind: 'MeshPolicy',
    namespace,
    name: 'mesh',
  }
  const location = aLocation(`${namespace}/mesh-policy.yaml`)
  return { id, location, access: 'inherit', egress: 'inherit', ...change }
}

function byKey<T extends { readonly id: Parameters<typeof toObjectKey>[0] }>(
  objects: readonly T[],
): ReadonlyMap<ObjectKey, T> {
  return new Map(objects.map((object) => [toObjectKey(object.id), object]))
}
