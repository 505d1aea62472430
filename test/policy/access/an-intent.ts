/** Builders of Intents for tests of the access relation: a test states only what it is about. */
import { toCommitSha } from '../../../src/model/commit-sha.ts'
import { type ObjectId, toObjectKey } from '../../../src/model/object-id.ts'
import type { ServiceAccount } from '../../../src/model/service-account.ts'
import type { SourceLocation } from '../../../src/model/source-location.ts'
import type { EgressPolicy } from '../../../src/policy/intent/egress-policy.ts'
import type { Grant } from '../../../src/policy/intent/grant.ts'
import type { HttpMatch } from '../../../src/policy/intent/http-match.ts'
import type { IngressPolicy } from '../../../src/policy/intent/ingress-policy.ts'
import type { MeshPolicyIntent } from '../../../src/policy/intent/mesh-policy-intent.ts'
import type { PolicyTestIntent } from '../../../src/policy/intent/policy-test-intent.ts'
import type { Intent } from '../../../src/policy/intent.ts'
import { meshSettings } from '../../support/intent-builders.ts'

export function at(line: number): SourceLocation {
  return { file: 'policy.yaml', line, column: 1 }
}

export function account(text: string): ServiceAccount {
  const [namespace = '', name = ''] = text.split('/')
  return { namespace, name }
}

function id(kind: string, namespace: string, name: string): ObjectId {
  return { group: 'test', version: 'v1', kind, namespace, name }
}

export function aMatch(change: Partial<HttpMatch> = {}): HttpMatch {
  return {
    group: id('HTTPRouteGroup', 'shop', 'routes'),
    name: 'all',
    pathRegex: '.*',
    methods: '*',
    headers: [],
    location: at(1),
    ...change,
  }
}

export interface GrantFixture {
  readonly name?: string
  readonly from: readonly string[]
  readonly to: string
  readonly port?: number
  readonly http?: readonly Partial<HttpMatch>[]
  readonly tcp?: readonly ('any' | readonly number[])[]
  readonly line?: number
}

export function aGrant(fixture: GrantFixture): Grant {
  const { from, to, port, http = [], tcp = [], line = 10 } = fixture
  const destination = account(to)
  return {
    id: id('TrafficTarget', destination.namespace, fixture.name ?? 'grant'),
    location: at(line),
    destination,
    ...(port !== undefined && { port }),
    sources: from.map((source) => ({ account: account(source), location: at(line + 1) })),
    http: http.map((match) => ({ match: aMatch(match), location: at(line + 2) })),
    tcp: tcp.map((ports) => ({
      route: id('TCPRoute', 'shop', 'tcp'),
      ports,
      location: at(line + 3),
    })),
  }
}

export function anEgress(change: Partial<EgressPolicy> = {}): EgressPolicy {
  return {
    id: id('Egress', 'shop', 'egress'),
    location: at(60),
    sources: [{ account: account('shop/buyer'), location: at(61) }],
    hosts: ['pay.example.com'],
    ipAddresses: [],
    ports: [{ number: 443, protocol: 'https' }],
    http: [],
    ...change,
  }
}

export function anIngress(change: Partial<IngressPolicy> = {}): IngressPolicy {
  return {
    id: id('IngressBackend', 'store', 'ingress'),
    location: at(70),
    backends: [
      {
        service: account('store/books'),
        port: 8080,
        protocol: 'http',
        skipClientCertValidation: false,
        sniHosts: [],
        location: at(71),
      },
    ],
    sources: [{ type: 'service', service: account('edge/gateway'), location: at(72) }],
    ...change,
  }
}

export interface IntentFixture {
  readonly namespaces?: readonly string[]
  readonly permissive?: boolean
  readonly egressPassthrough?: boolean
  readonly egress?: readonly EgressPolicy[]
  readonly ingress?: readonly IngressPolicy[]
  readonly grants?: readonly Grant[]
  readonly meshPolicies?: readonly (Partial<Pick<MeshPolicyIntent, 'access' | 'egress'>> & {
    readonly namespace: string
  })[]
  readonly policyTests?: readonly Partial<PolicyTestIntent>[]
}

export function anIntent(fixture: IntentFixture = {}): Intent {
  const {
    namespaces = ['shop', 'store'],
    grants = [],
    meshPolicies = [],
    policyTests = [],
  } = fixture
  const keyed = <T extends { readonly id: ObjectId }>(items: readonly T[]) =>
    new Map(items.map((item) => [toObjectKey(item.id), item]))
  return {
    commit: toCommitSha('a'.repeat(40)),
    mesh: meshSettings({
      permissive: fixture.permissive ?? false,
      egressPassthrough: fixture.egressPassthrough ?? false,
      location: at(5),
    }),
    namespaces: new Map(
      namespaces.map((name) => [
        name,
        { name, enrolled: true, sidecarInjection: 'enabled', metrics: false, location: at(1) },
      ]),
    ),
    grants: keyed(grants),
    splits: new Map(),
    egress: keyed(fixture.egress ?? []),
    ingress: keyed(fixture.ingress ?? []),
    upstreamSettings: new Map(),
    retries: new Map(),
    telemetries: new Map(),
    extensionServices: new Map(),
    rootCertificates: new Map(),
    meshPolicies: keyed(
      meshPolicies.map(({ namespace, access = 'inherit', egress = 'inherit' }) => ({
        id: id('MeshPolicy', namespace, 'policy'),
        location: at(7),
        access,
        egress,
      })),
    ),
    policyTests: keyed(
      policyTests.map((test) => ({
        id: id('PolicyTest', 'shop', 'promises'),
        location: at(90),
        cases: [],
        invariants: [],
        ...test,
      })),
    ),
    objects: [],
  }
}
